/**
 * Bearer tokens: JWT (RFC 7519), HS256 under a key derived from the server's secret (HKDF, RFC 5869). `typ` tells
 * end users' from members' tokens, `kid` names the key, by which tokens of an earlier secret find theirs.
 */
import { createHash, hkdfSync } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { unauthenticated } from '../domain/errors.ts';
import { isUuid } from '../domain/ids.ts';
import type { Environment } from '../domain/scope.ts';
import type { SecretRing, Secrets } from '../domain/secrets/secret-ring.ts';

const issuer = 'colloquy';
const endUserType = 'colloquy-user+jwt';
const memberType = 'colloquy-member+jwt';
const operatorType = 'colloquy-operator+jwt';

const typeOfKind = { 'end-user': endUserType, member: memberType, operator: operatorType } as const;

export function isOwnTokenType(type: string | undefined): boolean {
  return type === endUserType || type === memberType || type === operatorType;
}

export interface EndUserClaims {
  readonly kind: 'end-user';
  readonly keyId: string;
  readonly organizationId: string;
  readonly environment: Environment;
  readonly endUserId: string;
  readonly personaId: number;
  readonly personaVersion: number;
  /** Names the user's device or page. Absent: nobody named it. */
  readonly clientId?: string;
}

export interface MemberClaims {
  readonly kind: 'member';
  readonly organizationId: string;
  readonly memberId: string;
  /** The session that it was asked for in, with which it ends. Absent: an administrator asked for it. */
  readonly sessionId?: string;
}

/** An operator who is signed in. */
export interface OperatorClaims {
  readonly kind: 'operator';
  readonly accountId: string;
  readonly sessionId: string;
}

export type TokenClaims = EndUserClaims | MemberClaims | OperatorClaims;

export interface IssuedToken {
  readonly token: string;
  /** Unix seconds. */
  readonly expiresAt: number;
}

export interface TokenSigner {
  sign(claims: TokenClaims, ttlSeconds: number): Promise<IssuedToken>;
  /** @throws AppError unauthenticated: not a token of this server, changed, or expired */
  verify(token: string): Promise<TokenClaims>;
}

interface TokenKey {
  readonly kid: string;
  readonly key: Promise<CryptoKey>;
}

function deriveKey(secret: string): TokenKey {
  const bytes = new Uint8Array(hkdfSync('sha256', secret, '', 'colloquy token v1', 32));
  const kid = createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
  const key = crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ]);
  return { kid, key };
}

/** Signs with the current secret, and verifies what it or one of the previous ones has signed. */
export function createTokenSigner(secrets: Secrets, now: () => number): TokenSigner {
  let known: { readonly ring: SecretRing; readonly keys: readonly [TokenKey, ...TokenKey[]] } | undefined;

  /** The current key, then the previous ones. */
  function keysNow(): readonly [TokenKey, ...TokenKey[]] {
    const { ring } = secrets;
    if (known?.ring !== ring)
      known = { ring, keys: [deriveKey(ring.current), ...ring.previous.map(deriveKey)] };
    return known.keys;
  }

  return {
    async sign(claims, ttlSeconds) {
      const [{ kid, key }] = keysNow();
      const issuedAt = Math.floor(now() / 1000);
      const expiresAt = issuedAt + ttlSeconds;
      const token = await new SignJWT(toPayload(claims))
        .setProtectedHeader({ alg: 'HS256', kid, typ: typeOfKind[claims.kind] })
        .setIssuer(issuer)
        .setSubject(subjectOf(claims))
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(await key);
      return { token, expiresAt };
    },
    async verify(token) {
      try {
        const { payload, protectedHeader } = await jwtVerify(
          token,
          async (header) => {
            const found = keysNow().find(({ kid }) => kid === header.kid);
            if (found === undefined) throw new errors.JWKSNoMatchingKey();
            return await found.key;
          },
          {
            algorithms: ['HS256'],
            issuer,
            currentDate: new Date(now()),
            requiredClaims: ['sub', 'exp'],
          },
        );
        const claims = fromPayload(payload, protectedHeader.typ);
        if (claims !== undefined) return claims;
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw unauthenticated('the token has expired');
        if (!(error instanceof errors.JOSEError)) throw error;
      }
      throw unauthenticated('the token is not valid');
    },
  };
}

function subjectOf(claims: TokenClaims): string {
  switch (claims.kind) {
    case 'member':
      return claims.memberId;
    case 'operator':
      return claims.accountId;
    case 'end-user':
      return claims.endUserId;
  }
}

function toPayload(claims: TokenClaims): JWTPayload {
  if (claims.kind === 'operator') return { sid: claims.sessionId };
  if (claims.kind === 'member') {
    const { organizationId: org, sessionId: sid } = claims;
    return { org, ...(sid !== undefined && { sid }) };
  }
  return {
    org: claims.organizationId,
    key: claims.keyId,
    env: claims.environment,
    persona: claims.personaId,
    version: claims.personaVersion,
    ...(claims.clientId !== undefined && { client: claims.clientId }),
  };
}

function fromPayload(payload: JWTPayload, type: string | undefined): TokenClaims | undefined {
  const { sub, org, sid, key, env, persona, version, client } = payload as Record<string, unknown>;
  if (!isId(sub)) return undefined;
  if (type === operatorType)
    return isId(sid) ? { kind: 'operator', accountId: sub, sessionId: sid } : undefined;
  if (!isId(org)) return undefined;
  if (type === memberType) {
    if (sid === undefined) return { kind: 'member', organizationId: org, memberId: sub };
    return isId(sid) ? { kind: 'member', organizationId: org, memberId: sub, sessionId: sid } : undefined;
  }
  if (type !== endUserType || !isId(key) || (env !== 'test' && env !== 'prod')) return undefined;
  if (typeof persona !== 'number' || typeof version !== 'number') return undefined;
  return {
    kind: 'end-user',
    keyId: key,
    organizationId: org,
    environment: env,
    endUserId: sub,
    personaId: persona,
    personaVersion: version,
    ...(typeof client === 'string' && { clientId: client }),
  };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && isUuid(value);
}
