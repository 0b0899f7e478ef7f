/** `/oidc`: signing in by an OpenID provider. The browser goes there and comes back; a page says what went wrong. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { OpenIdFailure, type OpenIdProvider, openIdMinutes } from '../../auth/accounts/openid.ts';
import { RefusedSignIn } from '../../auth/accounts/refused-sign-in.ts';
import { AppError, notFound } from '../../domain/errors.ts';
import { cookieOf, giveSession, pendingCookie, setCookie } from '../routing/own-pages.ts';
import { type Route, route } from '../routing/route.ts';
import { type SignInDependencies, visitorOf } from './dependencies.ts';
import { consolePath, refusals, tags } from './schema.ts';

export const openIdPath = `${consolePath}/oidc/start`;
export const openIdCallbackPath = `${consolePath}/oidc/callback`;

const nameFor = (request: FastifyRequest): string => pendingCookie(request, 'oidc');

/** Browsers go there by themselves; programs have no use for it, so the document leaves it out. */
const navigation = { hide: true, tags };

const location = (description: string, example: string) => ({
  description,
  headers: { Location: Type.String({ description, examples: [example] }) },
  type: 'null',
});

export function openIdRoutes({
  openId,
  accounts,
  revocation,
  publicAddress,
}: SignInDependencies): readonly Route[] {
  /** @throws AppError not_found */
  function provider(): OpenIdProvider {
    if (openId === undefined) throw notFound('OpenID provider');
    return openId;
  }

  /** The page that says what became of it. A path of ours gets the path before it where it is sent. */
  function back(reply: FastifyReply, error?: string): FastifyReply {
    const { request } = reply;
    setCookie(reply, nameFor(request), '', 0);
    return reply.redirect(error === undefined ? '/console' : `/console#sign-in-error=${error}`, 303);
  }

  return [
    route({
      method: 'GET',
      path: '/oidc/start',
      access: 'visitor',
      schema: {
        ...navigation,
        operationId: 'beginOpenId',
        summary: 'Go to the OpenID provider',
        response: {
          303: location('The provider.', 'https://login.example.com/authorize?…'),
          ...refusals,
        },
      },
      async handler(request, reply) {
        const there = provider();
        if (request.method === 'HEAD') return reply.code(303).send();
        const redirectUri = `${publicAddress(request)}${openIdCallbackPath}`;
        const begun = await there.begin(redirectUri);
        setCookie(reply, nameFor(request), begun.sealed, openIdMinutes * 60);
        return reply.redirect(begun.location, 303);
      },
    }),
    route({
      method: 'GET',
      path: '/oidc/callback',
      access: 'visitor',
      isLedTo: true,
      schema: {
        ...navigation,
        operationId: 'completeOpenId',
        summary: 'Come back from the OpenID provider',
        description:
          'The browser that has begun it is signed in. Where nobody is, the page is told why in `#sign-in-error=`: `denied` by the provider, `expired`, `no_account` where nobody has invited the person, `limited` after too many tries, `failed` otherwise.',
        response: { 303: location('The console.', '/console'), ...refusals },
      },
      async handler(request, reply) {
        const there = provider();
        if (request.method === 'HEAD') return back(reply);
        const sealed = cookieOf(request, nameFor(request));
        const query = new URLSearchParams(request.url.split('?')[1] ?? '');
        try {
          const visitor = visitorOf(request);
          const entered = await accounts.enterByProvider(() => there.complete(sealed, query), visitor);
          await revocation.sessions(entered.ended);
          giveSession(reply, entered.secret);
          return back(reply);
        } catch (error) {
          return back(reply, reasonOf(error, request));
        }
      },
    }),
  ];
}

/** Why nobody was signed in; also noted, and logged where it is the provider's or ours to mend. */
function reasonOf(error: unknown, request: FastifyRequest): string {
  if (error instanceof OpenIdFailure) {
    if (error.reason === 'failed')
      request.log.warn({ err: error }, 'signing in by the OpenID provider failed');
    return error.reason;
  }
  if (error instanceof RefusedSignIn) {
    request.answeredError = error;
    return 'no_account';
  }
  if (error instanceof AppError && error.code === 'rate_limited') return 'limited';
  request.log.warn({ err: error }, 'signing in by the OpenID provider failed');
  return 'failed';
}
