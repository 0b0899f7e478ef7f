/**
 * Tokens of an outside identity provider (OpenID Connect): JWT (RFC 7519), checked against the provider's published
 * keys (RFC 7517), which are fetched when they are needed and kept.
 */
import {
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  type FetchImplementation,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import type { IdentityProviderConfig } from '../config/config.ts';
import { AppError, unauthenticated } from '../domain/errors.ts';
import { isUuid } from '../domain/ids.ts';
import { type Role, roles } from '../domain/organization.ts';
import { isOwnTokenType } from './tokens.ts';

/** The member that a token of an outside identity provider speaks for. */
export interface OutsideMember {
  /** The provider's `sub`. */
  readonly subject: string;
  /** A valid id; whether the organization exists is not checked here. */
  readonly organizationId: string;
  readonly role: Role;
}

export interface IdentityProvider {
  /**
   * @throws AppError unauthenticated (not a token of this provider for this server, or expired), forbidden (it names
   *   no organization), overloaded (the provider's keys can't be fetched)
   */
  verify(token: string): Promise<OutsideMember>;
}

/** Only algorithms with a public key: with a shared secret, the published key itself could sign tokens. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const clockToleranceSeconds = 30;
const fetchTimeoutMs = 5000;

export interface IdentityProviderOptions {
  /** Epoch milliseconds. Default: the clock. */
  readonly now?: () => number;
  /** Fetches the keys. Default: the global `fetch`. */
  readonly fetch?: FetchImplementation | undefined;
}

export function createIdentityProvider(
  config: IdentityProviderConfig,
  { now = Date.now, fetch }: IdentityProviderOptions = {},
): IdentityProvider {
  const keys = createRemoteJWKSet(new URL(config.jwksUrl), {
    timeoutDuration: fetchTimeoutMs,
    [customFetch]: withBackOff(fetch ?? globalThis.fetch, now),
  });
  return {
    async verify(token) {
      return toMember(await verified(token), config);
    },
  };

  async function verified(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms,
        issuer: config.issuer,
        audience: config.audience,
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(now()),
        requiredClaims: ['sub', 'exp'],
      });
      return payload;
    } catch (error) {
      throw toAppError(error);
    }
  }
}

/** After a failure the provider is not asked for this long; it doubles with each further one, up to `longestBackOffMs`. */
const firstBackOffMs = 1000;
const longestBackOffMs = 30_000;

/**
 * Keeps a provider that fails from being asked once for each token that somebody makes up: meanwhile the same failure is
 * thrown again. Keys that are known already go on being used.
 */
function withBackOff(fetch: FetchImplementation, now: () => number): FetchImplementation {
  let failures = 0;
  let askAgainAt = 0;
  let failure: unknown;
  return async (...request) => {
    if (now() < askAgainAt) throw failure;
    try {
      const response = await fetch(...request);
      if (response.status !== 200) throw new Error(`the identity provider answered ${response.status}`);
      const keys: unknown = await response.json();
      failures = 0;
      return Response.json(keys);
    } catch (error) {
      failure = error;
      askAgainAt = now() + Math.min(longestBackOffMs, firstBackOffMs * 2 ** failures);
      failures += 1;
      throw error;
    }
  };
}

/** Whether a token claims another issuer than this server. Nothing is verified here. */
export function looksOutside(token: string): boolean {
  try {
    return !isOwnTokenType(decodeProtectedHeader(token).typ);
  } catch {
    return false;
  }
}

function toAppError(error: unknown): AppError {
  if (error instanceof errors.JWTExpired) return unauthenticated('the token has expired');
  const isAboutToken =
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported;
  if (isAboutToken) return unauthenticated('the token is not valid', { cause: error });
  return new AppError(
    'overloaded',
    "the identity provider's keys are unavailable; retry shortly",
    { retry_after_seconds: 5 },
    { cause: error },
  );
}

function toMember(payload: JWTPayload, config: IdentityProviderConfig): OutsideMember {
  const { sub } = payload;
  if (typeof sub !== 'string' || sub === '') throw unauthenticated('the token is not valid');
  const organizationId = readClaim(payload, config.organizationClaim);
  if (typeof organizationId !== 'string' || !isUuid(organizationId)) throw noOrganization();
  return {
    subject: sub,
    organizationId: organizationId.toLowerCase(),
    role: toRole(readClaim(payload, config.roleClaim)),
  };
}

/** The error for a token that names no organization, or one that does not exist. */
export function noOrganization(): AppError {
  return new AppError('forbidden', 'the token names no organization of this server');
}

/** Reads a claim by its name, or by a path of names joined with dots. */
export function readClaim(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** The most powerful of several roles; a member without a known role may only read. */
export function toRole(value: unknown): Role {
  const given = Array.isArray(value) ? value : [value];
  return roles.find((role) => given.includes(role)) ?? 'guest';
}
