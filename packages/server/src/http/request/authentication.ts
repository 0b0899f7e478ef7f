/** Who is calling: a hook per kind of route, before any body is read. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator, Credentials } from '../../auth/authenticator.ts';
import type { ConversationPrincipal, Principal } from '../../auth/principal.ts';
import { AppError } from '../../domain/errors.ts';
import type { AnonymousAccess } from '../dependencies.ts';
import { checkAnonymous } from './anonymous.ts';
import { checkOrigin } from './cors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by an authentication hook. */
    principal: Principal | undefined;
  }
}

export interface AuthenticationOptions {
  readonly authenticator: Authenticator;
  readonly anonymous?: AnonymousAccess;
}

export interface RouteAuthentication {
  /** Takes `?access_token=`, for `EventSource`, which can't set headers. */
  readonly accessToken?: boolean;
  /** Serves requests without a credential, where the server does. */
  readonly anonymous?: boolean;
}

type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** An `onRequest` hook that sets `request.principal`. @throws AppError unauthenticated, forbidden */
export function authenticate(options: AuthenticationOptions, route: RouteAuthentication = {}): Hook {
  const { authenticator, anonymous } = options;
  return async (request, reply) => {
    const principal = await authenticator.authenticate(credentialsOf(request, route.accessToken === true));
    if (principal !== undefined) {
      checkOrigin(request, reply, principal);
      request.principal = principal;
      return;
    }
    if (route.anonymous !== true || anonymous === undefined) {
      throw new AppError(
        'unauthenticated',
        'a credential is required: X-API-Key: sk_…, or Authorization: Bearer <token>',
      );
    }
    checkAnonymous(request, anonymous);
    request.principal = await authenticator.anonymous(anonymous.organizationId);
  };
}

function credentialsOf(request: FastifyRequest, takesAccessToken: boolean): Credentials {
  const { 'x-api-key': apiKey, authorization } = request.headers;
  const query = request.query as Record<string, unknown>;
  const { access_token: accessToken, environment } = query;
  return {
    ...(apiKey !== undefined && { apiKey: Array.isArray(apiKey) ? (apiKey[0] ?? '') : apiKey }),
    ...(authorization !== undefined && { authorization }),
    // One that is given twice is a bad one, not none.
    ...(takesAccessToken &&
      accessToken !== undefined && { accessToken: typeof accessToken === 'string' ? accessToken : '' }),
    ...(typeof environment === 'string' && { environment }),
  };
}

/** Who is calling, in a route with an authentication hook. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === undefined) throw new Error('the route has no authentication hook');
  return request.principal;
}

/** The same, for who holds conversations. @throws AppError forbidden for an admin key */
export function conversationPrincipalOf(request: FastifyRequest): ConversationPrincipal {
  const principal = principalOf(request);
  if (principal.kind === 'admin') throw new AppError('forbidden', 'an admin key is for /api/admin only');
  return principal;
}
