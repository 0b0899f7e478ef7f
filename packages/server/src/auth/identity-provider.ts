/**
 * Tokens of an outside identity provider (OpenID Connect): JWT (RFC 7519), checked against the provider's published
 * keys (RFC 7517), which are fetched when they are needed and kept.
 */
import { createRemoteJWKSet, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { IdentityProviderConfig } from '../config/config.ts';
import { AppError } from '../domain/errors.ts';
import { isUuid } from '../domain/ids.ts';
import { type Role, roles } from '../domain/organization.ts';
import { isOwnTokenType } from './tokens.ts';

/** Whom an outside token speaks for. */
export interface OutsideMember {
  /** The provider's `sub`. */
  readonly subject: string;
  /** Of a form only: whether there is such an organization is for the caller to find out. */
  readonly organizationId: string;
  readonly role: Role;
}

export interface IdentityProvider {
  /**
   * @throws AppError unauthenticated (not a token of this provider for this server, or expired), forbidden (it names
   *   no organization), overloaded (the provider's keys can't be had)
   */
  verify(token: string): Promise<OutsideMember>;
}

/** Only signatures with a public key: with a shared secret the published key itself could sign. */
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

/** `now` in epoch milliseconds. */
export function createIdentityProvider(
  config: IdentityProviderConfig,
  now: () => number = Date.now,
): IdentityProvider {
  const keys = createRemoteJWKSet(new URL(config.jwksUrl), { timeoutDuration: fetchTimeoutMs });
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

/** Whether a token is not one of this server's own, going by what it says of itself. */
export function looksOutside(token: string): boolean {
  try {
    return !isOwnTokenType(decodeProtectedHeader(token).typ);
  } catch {
    return false;
  }
}

function toAppError(error: unknown): AppError {
  if (error instanceof errors.JWTExpired) return new AppError('unauthenticated', 'the token has expired');
  const isAboutToken =
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported;
  if (isAboutToken) return new AppError('unauthenticated', 'the token is not valid', {}, { cause: error });
  return new AppError(
    'overloaded',
    "the identity provider's keys can't be had at the moment",
    { retry_after_seconds: 5 },
    { cause: error },
  );
}

function toMember(payload: JWTPayload, config: IdentityProviderConfig): OutsideMember {
  const { sub } = payload;
  if (typeof sub !== 'string' || sub === '') throw new AppError('unauthenticated', 'the token is not valid');
  const organizationId = claim(payload, config.organizationClaim);
  if (typeof organizationId !== 'string' || !isUuid(organizationId)) throw noOrganization();
  return {
    subject: sub,
    organizationId: organizationId.toLowerCase(),
    role: toRole(claim(payload, config.roleClaim)),
  };
}

/** Also for an organization that is not there. */
export function noOrganization(): AppError {
  return new AppError('forbidden', 'the token names no organization of this server');
}

/** A claim by its name, or by a path of names with dots between. */
function claim(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** Of several roles the one that may most; who has none that is known here only reads. */
function toRole(value: unknown): Role {
  const given = Array.isArray(value) ? value : [value];
  return roles.find((role) => given.includes(role)) ?? 'guest';
}
