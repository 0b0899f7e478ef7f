/** `/passkeys`: the passkeys of one's own account. */

import { challengeLifetimeMs } from '../../domain/accounts/account.ts';
import { answer, gone } from '../openapi/answers.ts';
import { cookieOf, isSecure, pendingCookie, setCookie } from '../routing/own-pages.ts';
import { type Route, route } from '../routing/route.ts';
import { type SignInDependencies, visitorOf } from './dependencies.ts';
import { passkeyPlace, requirePlace } from './passkey-place.ts';
import {
  CreationOptionsSchema,
  NewPasskeyBody,
  PasskeyChanges,
  PasskeyList,
  PasskeyOptionsBody,
  PasskeyParams,
  PasskeySchema,
  toPasskeyResource,
} from './passkey-schema.ts';
import { JsonHeader, refusals, tags } from './schema.ts';

const access = 'account';
const passkey = answer('The passkey.', PasskeySchema);

export function passkeyRoutes({
  passkeys,
  publicAddress,
  takesPasswords,
  openId,
}: SignInDependencies): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/passkeys',
      access,
      schema: {
        tags,
        operationId: 'listPasskeys',
        summary: 'One’s own passkeys',
        response: { 200: answer('The passkeys of the account.', PasskeyList), ...refusals },
      },
      handler: async ({ signedIn }) => ({
        data: (await passkeys.list(signedIn.accountId)).map(toPasskeyResource),
      }),
    }),
    route({
      method: 'POST',
      path: '/passkeys/options',
      access,
      schema: {
        tags,
        operationId: 'beginAddingPasskey',
        summary: 'What a browser is asked for a new passkey',
        description:
          'The answer goes to `navigator.credentials.create`; its challenge is bound to this browser by a cookie, and to its session. Whoever signed in more than 10 minutes ago gives the present password.',
        body: PasskeyOptionsBody,
        response: { 200: answer('The options.', CreationOptionsSchema), ...refusals },
      },
      async handler(request, reply) {
        const party = requirePlace(publicAddress, request, takesPasswords);
        const { signedIn, body } = request;
        const visitor = visitorOf(request);
        const { options, sealed } = await passkeys.beginAdding(
          signedIn,
          body.current_password,
          party,
          visitor,
        );
        setCookie(reply, pendingCookie(request, 'passkey'), sealed, challengeLifetimeMs / 1000);
        return options;
      },
    }),
    route({
      method: 'POST',
      path: '/passkeys',
      access,
      schema: {
        tags,
        operationId: 'addPasskey',
        summary: 'Add a passkey',
        description: 'With what the browser gave. An account has 20 at most.',
        body: NewPasskeyBody,
        response: { 201: passkey, ...refusals },
      },
      async handler(request, reply) {
        const party = requirePlace(publicAddress, request, takesPasswords);
        const name = pendingCookie(request, 'passkey');
        const sealed = cookieOf(request, name);
        setCookie(reply, name, '', 0);
        const added = await passkeys.add(request.signedIn, sealed, request.body, party, visitorOf(request));
        return reply.code(201).send(toPasskeyResource(added));
      },
    }),
    route({
      method: 'PATCH',
      path: '/passkeys/:id',
      access,
      schema: {
        tags,
        operationId: 'renamePasskey',
        summary: 'Rename a passkey',
        params: PasskeyParams,
        body: PasskeyChanges,
        response: { 200: passkey, ...refusals },
      },
      async handler(request) {
        const { signedIn, params, body } = request;
        const id = params.id.toLowerCase();
        return toPasskeyResource(await passkeys.rename(signedIn, id, body.name, visitorOf(request)));
      },
    }),
    route({
      method: 'DELETE',
      path: '/passkeys/:id',
      access,
      isEssential: true,
      schema: {
        tags,
        operationId: 'deletePasskey',
        summary: 'Delete a passkey',
        description:
          'The last way to sign in to the account stays: 409. Sessions that were begun by the passkey go on.',
        headers: JsonHeader,
        params: PasskeyParams,
        response: { 204: gone, ...refusals },
      },
      async handler(request, reply) {
        const place = passkeyPlace(publicAddress(request), isSecure(request));
        const ways = {
          password: takesPasswords,
          identity: openId !== undefined,
          rpId: takesPasswords ? (place.party?.id ?? null) : null,
        };
        const id = request.params.id.toLowerCase();
        await passkeys.remove(request.signedIn, id, ways, visitorOf(request));
        return reply.code(204).send(null);
      },
    }),
  ];
}
