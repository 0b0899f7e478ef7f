/** Signing in and out: `/options`, `/setup`, `/sign-in`, `/link`, `/sign-out`. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Entered } from '../../auth/accounts/entrance.ts';
import { isThisMachine } from '../../domain/text/loopback.ts';
import { hasOperator } from '../../store/queries/accounts.ts';
import { answer } from '../openapi/answers.ts';
import { giveSession, isSecure, sessionSecret, takeSession } from '../routing/own-pages.ts';
import { type Route, route } from '../routing/route.ts';
import { type SignInDependencies, visitorOf } from './dependencies.ts';
import { openIdPath } from './openid-routes.ts';
import { passkeyPlace } from './passkey-place.ts';
import {
  entered,
  JsonHeader,
  LinkBody,
  LinkFactsSchema,
  LookBody,
  OptionsSchema,
  refusals,
  SetUpBody,
  SignInBody,
  tags,
  toEntered,
  toLinkFacts,
} from './schema.ts';

export function entryRoutes({
  store,
  accounts,
  sessions,
  revocation,
  takesPasswords,
  openId,
  publicAddress,
  now,
}: SignInDependencies): readonly Route[] {
  async function enter(reply: FastifyReply, entering: Promise<Entered>) {
    const entered = await entering;
    await revocation.sessions(entered.ended);
    giveSession(reply, entered.secret);
    return toEntered(entered, now());
  }

  function passkeyOptions(request: FastifyRequest) {
    if (!takesPasswords) return { state: 'off', origin: null } as const;
    const place = passkeyPlace(publicAddress(request), isSecure(request));
    return { state: place.state, origin: place.party?.origin ?? null };
  }

  return [
    route({
      method: 'GET',
      path: '/options',
      access: 'visitor',
      schema: {
        tags,
        operationId: 'getSignInOptions',
        summary: 'How one can sign in',
        response: { 200: answer('What the page of the sign-in shows.', OptionsSchema), ...refusals },
      },
      handler: async (request) => ({
        is_set_up: await hasOperator(store.reads),
        password: takesPasswords,
        oidc: openId === undefined ? null : { label: openId.label, url: request.basePath + openIdPath },
        passkeys: passkeyOptions(request),
        is_secure: isSecure(request) || isThisMachine(request.hostname),
      }),
    }),
    route({
      method: 'POST',
      path: '/setup',
      access: 'visitor',
      schema: {
        tags,
        operationId: 'setUp',
        summary: 'Make the first operator’s account',
        description:
          'With the token of the link that the server prints at its start while no operator has an account. The operator is owner of the organization `default` too.',
        body: SetUpBody,
        response: { 200: entered, ...refusals },
      },
      handler: (request, reply) => enter(reply, accounts.setUp(request.body, visitorOf(request))),
    }),
    route({
      method: 'POST',
      path: '/sign-in',
      access: 'visitor',
      schema: {
        tags,
        operationId: 'signIn',
        summary: 'Sign in by a password',
        description: 'What the browser was signed in to before ends.',
        body: SignInBody,
        response: { 200: entered, ...refusals },
      },
      handler: (request, reply) => enter(reply, accounts.signIn(request.body, visitorOf(request))),
    }),
    route({
      method: 'POST',
      path: '/link',
      access: 'visitor',
      schema: {
        tags,
        operationId: 'followLink',
        summary: 'Use a link, and sign in by it',
        description:
          'An invitation makes an account; where its address has one, its owner is signed in already or gives its password. A link that leads back into an account takes a new password or leaves it as it is; a new one ends all other sessions.',
        body: LinkBody,
        response: { 200: entered, ...refusals },
      },
      async handler(request, reply) {
        const signedIn = await sessions.find(sessionSecret(request));
        return enter(reply, accounts.followLink(request.body, visitorOf(request), signedIn));
      },
    }),
    route({
      method: 'POST',
      path: '/link/look',
      access: 'visitor',
      schema: {
        tags,
        operationId: 'lookAtLink',
        summary: 'What a link is for',
        description: 'It stays good.',
        body: LookBody,
        response: { 200: answer('What it is for.', LinkFactsSchema), ...refusals },
      },
      handler: async (request) =>
        toLinkFacts(await accounts.lookAtLink(request.body.token, visitorOf(request))),
    }),
    route({
      method: 'POST',
      path: '/sign-out',
      access: 'visitor',
      isEssential: true,
      schema: {
        tags,
        operationId: 'signOut',
        summary: 'Sign out in this browser',
        description:
          'Its tokens and the streams that they have open end at once. It is no error to be signed out.',
        headers: JsonHeader,
        response: { 204: Type.Null({ description: 'It is signed out.' }), ...refusals },
      },
      async handler(request, reply) {
        const signedIn = await sessions.find(sessionSecret(request));
        if (signedIn !== undefined) {
          const { accountId, sessionId } = signedIn;
          await revocation.sessions(await accounts.endSessions(accountId, sessionId, visitorOf(request)));
        }
        takeSession(reply);
        return reply.code(204).send(null);
      },
    }),
  ];
}
