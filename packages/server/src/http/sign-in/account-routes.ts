/** One's own account: `/me`, `/sessions`, `/token`. */
import { Type } from 'typebox';
import { invalid } from '../../domain/errors.ts';
import { listSessions } from '../../store/queries/accounts.ts';
import { answer, gone } from '../openapi/answers.ts';
import { takeSession } from '../routing/own-pages.ts';
import { type Route, route } from '../routing/route.ts';
import { type SignInDependencies, visitorOf } from './dependencies.ts';
import {
  AccountChanges,
  JsonHeader,
  refusals,
  SessionList,
  SessionParams,
  SessionToken,
  TokenBody,
  tags,
  toProfile,
  toSessionResource,
} from './schema.ts';

const access = 'account';
const profile = answer('Who is signed in.', Type.Ref('Profile#'));

export function accountRoutes({
  store,
  accounts,
  authenticator,
  revocation,
  now,
}: SignInDependencies): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/me',
      access,
      schema: {
        tags,
        operationId: 'getMe',
        summary: 'Who is signed in',
        response: { 200: profile, ...refusals },
      },
      handler: async ({ signedIn }) =>
        toProfile(await accounts.profileOf(signedIn.accountId), {
          id: signedIn.sessionId,
          endsAt: signedIn.endsAt,
        }),
    }),
    route({
      method: 'PATCH',
      path: '/me',
      access,
      schema: {
        tags,
        operationId: 'updateMe',
        summary: 'Change one’s own name or password',
        description: 'A new password needs the present one, if there is one, and ends all other sessions.',
        body: AccountChanges,
        response: { 200: profile, ...refusals },
      },
      async handler(request) {
        const { signedIn } = request;
        const ended = await accounts.update(signedIn, request.body, visitorOf(request));
        await revocation.sessions(ended);
        const { accountId, sessionId: id, endsAt } = signedIn;
        return toProfile(await accounts.profileOf(accountId), { id, endsAt });
      },
    }),
    route({
      method: 'GET',
      path: '/sessions',
      access,
      schema: {
        tags,
        operationId: 'listSignInSessions',
        summary: 'Where one is signed in',
        response: { 200: answer('The sessions of the account.', SessionList), ...refusals },
      },
      async handler({ signedIn }) {
        const all = await listSessions(store.reads, signedIn.accountId, now());
        return { data: all.map((one) => toSessionResource(one, signedIn)) };
      },
    }),
    route({
      method: 'DELETE',
      path: '/sessions/:id',
      access,
      isEssential: true,
      schema: {
        tags,
        operationId: 'endSignInSession',
        summary: 'Sign out in another browser, or in this one',
        headers: JsonHeader,
        params: SessionParams,
        response: { 204: gone, ...refusals },
      },
      async handler(request, reply) {
        const { accountId, sessionId } = request.signedIn;
        const id = request.params.id.toLowerCase();
        await revocation.sessions(await accounts.endSessions(accountId, id, visitorOf(request)));
        if (id === sessionId) takeSession(reply);
        return reply.code(204).send(null);
      },
    }),
    route({
      method: 'POST',
      path: '/token',
      access,
      schema: {
        tags,
        operationId: 'createSessionToken',
        summary: 'A token for every other API',
        description:
          'As a member of an organization, or as an operator: one of `org_id` and `operator: true`.',
        body: TokenBody,
        response: { 200: answer('The token.', SessionToken), ...refusals },
      },
      async handler({ signedIn, body }) {
        const { org_id: organizationId, operator = false } = body;
        if (operator === (organizationId !== undefined)) {
          throw invalid('org_id', 'give either org_id or operator: true');
        }
        const wanted = organizationId?.toLowerCase() ?? null;
        const { token, expiresAt } = await authenticator.issueSessionToken(signedIn, wanted);
        return { token, expires_at: expiresAt };
      },
    }),
  ];
}
