/** The words of signing in. */
import { catalogue } from '../i18n/catalogue.ts';

export const accessStrings = catalogue('access', {
  signIn: 'Sign in',
  signInWith: (label: string) => `Sign in with ${label}`,
  or: 'or',
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
  linkAction: 'Set the password and sign in',
  linkWithout: 'Sign in without a new password',
  linkGone: 'The link has been used, or is too old. Ask for another one.',
  toSignIn: 'To sign in',
  asking: 'Just a moment',
  failed: 'The server could not say who is signed in',
  oidcFailed: 'Signing in there did not succeed.',
});
