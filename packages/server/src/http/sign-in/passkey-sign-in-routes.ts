/** `/passkey-sign-in`: signing in by a passkey, without a name. */
import { challengeLifetimeMs } from '../../domain/accounts/account.ts';
import { answer } from '../openapi/answers.ts';
import { cookieOf, giveSession, pendingCookie, setCookie } from '../routing/own-pages.ts';
import { type Route, route } from '../routing/route.ts';
import { type SignInDependencies, visitorOf } from './dependencies.ts';
import { requirePlace } from './passkey-place.ts';
import { PasskeySignInBody, RequestOptionsSchema } from './passkey-schema.ts';
import { entered, JsonHeader, refusals, tags, toEntered } from './schema.ts';

export function passkeySignInRoutes({
  passkeys,
  publicAddress,
  takesPasswords,
  revocation,
  now,
}: SignInDependencies): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/passkey-sign-in/options',
      access: 'visitor',
      schema: {
        tags,
        operationId: 'beginPasskeySignIn',
        summary: 'What a browser is asked to sign in by a passkey',
        description:
          'The answer goes to `navigator.credentials.get`; its challenge is bound to this browser by a cookie.',
        headers: JsonHeader,
        response: { 200: answer('The options.', RequestOptionsSchema), ...refusals },
      },
      async handler(request, reply) {
        const party = requirePlace(publicAddress, request, takesPasswords);
        const { options, sealed } = passkeys.beginSignIn(party);
        setCookie(reply, pendingCookie(request, 'passkey'), sealed, challengeLifetimeMs / 1000);
        return options;
      },
    }),
    route({
      method: 'POST',
      path: '/passkey-sign-in',
      access: 'visitor',
      schema: {
        tags,
        operationId: 'signInByPasskey',
        summary: 'Sign in by a passkey',
        description: 'With what the browser gave. What the browser was signed in to before ends.',
        body: PasskeySignInBody,
        response: { 200: entered, ...refusals },
      },
      async handler(request, reply) {
        const party = requirePlace(publicAddress, request, takesPasswords);
        const name = pendingCookie(request, 'passkey');
        const sealed = cookieOf(request, name);
        setCookie(reply, name, '', 0);
        const who = await passkeys.signIn(sealed, request.body.credential, party, visitorOf(request));
        await revocation.sessions(who.ended);
        giveSession(reply, who.secret);
        return toEntered(who, now());
      },
    }),
  ];
}
