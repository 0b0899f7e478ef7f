/** The words of signing in. */
import { catalogue } from '../i18n/catalogue.ts';
import type { SignInError } from './link.ts';
import type { PasskeyObstacle, PasskeyProblem } from './passkey-place.ts';

const signInErrors: Readonly<Record<SignInError, string>> = {
  denied: 'You did not sign in there.',
  expired: 'That took too long, or was begun in another browser. Begin anew.',
  no_account: 'Nobody has invited you yet. Ask an administrator.',
  limited: 'There were too many tries. Wait a minute.',
  failed: 'Signing in there did not succeed. An operator finds the reason in the log of the server.',
};

const passkeyProblems: Readonly<Record<PasskeyProblem, string>> = {
  cancelled: 'No passkey was used. There may be none for this address in this browser, or it was called off.',
  known: 'The account has a passkey of this device already.',
  failed: 'The browser could not do that.',
};

const passkeyObstacles: Readonly<Record<PasskeyObstacle, (origin: string) => string>> = {
  no_host_name: () =>
    'Browsers have passkeys for host names alone. Open the server by a name, such as “localhost” on this machine.',
  insecure: () => 'Browsers have passkeys by HTTPS alone, and on this machine.',
  off: () => 'Passkeys are turned off on this server.',
  elsewhere: (origin) => `Passkeys work at ${origin}.`,
  no_browser: () => 'This browser has no passkeys.',
};

export const accessStrings = catalogue('access', {
  signIn: 'Sign in',
  signInWith: (label: string) => `Sign in with ${label}`,
  or: 'or',
  signInByPasskey: 'Sign in with a passkey',
  passkeyProblems,
  passkeyObstacles,
  email: 'E-mail',
  password: 'Password',
  newPassword: 'New password',
  passwordHint: '12 to 128 characters. A few words are easier to remember than signs.',
  passwordShort: 'The password needs at least 12 characters.',
  repeat: 'The same password again',
  repeatDiffers: 'The two passwords differ.',
  name: 'Your name',
  noAccount: 'No account? An administrator can send you an invitation link.',
  noneYet:
    'Nobody has an account yet. The server prints a link for the first one when it starts: open that link.',
  forgotten:
    'Password forgotten? An administrator can make a link, or “colloquy sign-in-link <email>” on the server.',
  setup: 'Set up Colloquy',
  setupText: 'The first account looks after the whole server, and owns its first organization.',
  setupAction: 'Create the account',
  link: 'Welcome',
  linkText: 'This link can be used once. Choose a password to sign in with from now on.',
  linkKnown: 'You have an account already: give its password, or sign in first and open the link again.',
  goOn: 'Go on',
  linkAction: 'Set the password and sign in',
  linkGone: 'The link has been used, or is too old. Ask for another one.',
  toSignIn: 'To sign in',
  insecure: 'This connection is not encrypted: others on the way can read what you type. Use HTTPS.',
  signInErrors,
  asking: 'Just a moment',
  failed: 'The server could not say who is signed in',
});
