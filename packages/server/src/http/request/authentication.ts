/** Identifies the caller by the credentials of a request, without reading its body. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator, Credentials } from '../../auth/authenticator.ts';
import type { Principal } from '../../auth/principal.ts';
import { AppError } from '../../domain/errors.ts';
import { type AnonymousAccess, checkAnonymous } from './anonymous.ts';
import { checkOrigin } from './cors.ts';

export interface AuthenticationOptions {
  readonly authenticator: Authenticator;
  readonly anonymous?: AnonymousAccess;
}

/**
 * What a route admits besides credentials in headers. `anonymous`: requests without a credential, where the server
 * serves them. `access-token`: a token in `?access_token=`, for `EventSource`, which can't set headers. `placeholder`:
 * words in the place of a key, from clients that demand one, where none is needed.
 */
export type Admission = 'anonymous' | 'access-token' | 'placeholder';

const placeholder = /^bearer *(?:none|not-needed|empty)? *$/i;

/** Who is calling. @throws AppError unauthenticated, forbidden (an origin or host), invalid_request (an environment) */
export async function identify(
  request: FastifyRequest,
  reply: FastifyReply,
  { authenticator, anonymous }: AuthenticationOptions,
  admits: readonly Admission[],
): Promise<Principal> {
  const principal = await authenticator.authenticate(
    credentialsOf(request, {
      takesAccessToken: admits.includes('access-token'),
      takesPlaceholder: anonymous !== undefined && admits.includes('placeholder'),
    }),
  );
  if (principal !== undefined) {
    checkOrigin(request, reply, principal);
    return principal;
  }
  if (!admits.includes('anonymous') || anonymous === undefined) {
    throw new AppError(
      'unauthenticated',
      'a credential is required: X-API-Key: sk_…, or Authorization: Bearer <token>',
    );
  }
  checkAnonymous(request, anonymous);
  return authenticator.anonymous(anonymous.organizationId);
}

/** Who is calling the administration, which takes credentials in headers only. @throws AppError unauthenticated */
export async function identifyAdministrator(
  { headers }: FastifyRequest,
  { authenticator }: AuthenticationOptions,
): Promise<Principal> {
  const principal = await authenticator.authenticate(headerCredentials(headers));
  if (principal === undefined) {
    throw new AppError('unauthenticated', 'an admin key is required: Authorization: Bearer sk_admin_…');
  }
  return principal;
}

function headerCredentials(headers: FastifyRequest['headers']): Credentials {
  const { 'x-api-key': apiKey, authorization } = headers;
  return {
    ...(apiKey !== undefined && { apiKey: Array.isArray(apiKey) ? (apiKey[0] ?? '') : apiKey }),
    ...(authorization !== undefined && { authorization }),
  };
}

function credentialsOf(
  request: FastifyRequest,
  { takesAccessToken, takesPlaceholder }: { takesAccessToken: boolean; takesPlaceholder: boolean },
): Credentials {
  const query = request.query as Record<string, unknown>;
  const { access_token: accessToken, environment } = query;
  const { authorization, ...given } = headerCredentials(request.headers);
  const isNone = takesPlaceholder && authorization !== undefined && placeholder.test(authorization);
  return {
    ...given,
    ...(authorization !== undefined && !isNone && { authorization }),
    // A token that is given twice counts as a bad one, not as none.
    ...(takesAccessToken &&
      accessToken !== undefined && { accessToken: typeof accessToken === 'string' ? accessToken : '' }),
    ...(typeof environment === 'string' && { environment }),
  };
}
