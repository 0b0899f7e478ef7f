/** Finds out who is calling from a request's credentials. A revoked key fails at the next request. */
import { AppError, notFound, unauthenticated } from '../domain/errors.ts';
import { newId } from '../domain/ids.ts';
import { type Role, seesEndUsers } from '../domain/organization.ts';
import type { Environment, OrganizationScope, Scope } from '../domain/scope.ts';
import type { Secrets } from '../domain/secrets/secret-ring.ts';
import type { IdempotencyClaim } from '../store/command.ts';
import { findSession, listMemberships } from '../store/queries/accounts.ts';
import {
  type ApiKeyRecord,
  type AuthenticatedKey,
  findApiKeyByHash,
  findApiKeyOfToken,
} from '../store/queries/api-keys.ts';
import { findEndUserId } from '../store/queries/end-users.ts';
import { findMember } from '../store/queries/members.ts';
import { findOrganizationRules, type OrganizationRules } from '../store/queries/organization-settings.ts';
import type { Store } from '../store/store.ts';
import { isAliveSession, type SignedIn } from './accounts/sessions.ts';
import { hashApiKey, hashesEqual } from './api-keys.ts';
import { limitsOfCaller } from './caller-limits.ts';
import { type IdentityProvider, looksOutside, noOrganization } from './identity-provider.ts';
import { createKeyUsage } from './key-usage.ts';
import {
  type AdminPrincipal,
  type AnonymousPrincipal,
  type ApiKeyPrincipal,
  type EndUserPrincipal,
  type MemberPrincipal,
  outsideMemberId,
  type Principal,
} from './principal.ts';
import { RefusedCredential, refusedKey } from './refused-credential.ts';
import { conversationScope, organizationScope } from './scopes.ts';
import {
  createTokenSigner,
  type EndUserClaims,
  type IssuedToken,
  type MemberClaims,
  type OperatorClaims,
} from './tokens.ts';

/** The credentials of a request. The first one present counts, in the order `apiKey`, `authorization`, `accessToken`. */
export interface Credentials {
  /** The header `X-API-Key`. */
  readonly apiKey?: string | undefined;
  /** The whole `Authorization` header. */
  readonly authorization?: string | undefined;
  /** The query parameter `access_token`, which takes tokens only. */
  readonly accessToken?: string | undefined;
  /** The query parameter `environment`, which only members may set. */
  readonly environment?: string | undefined;
}

export interface Authenticator {
  /**
   * Returns undefined if the request bears no credential at all.
   * @throws AppError unauthenticated for a bad, expired or revoked one, invalid_request for a member's wrong environment
   */
  authenticate(credentials: Credentials): Promise<Principal | undefined>;
  /** The caller of a request without a credential. @throws AppError unauthenticated if the organization was deleted */
  anonymous(organizationId: string): Promise<AnonymousPrincipal>;
  issueEndUserToken(
    principal: ApiKeyPrincipal,
    request: {
      readonly userId: string;
      readonly persona: { readonly personaId: number; readonly version: number };
      /** Names the user's device or page, whose limits hold too. */
      readonly clientId?: string | undefined;
    },
    claim?: IdempotencyClaim,
  ): Promise<IssuedToken>;
  /** `ttlSeconds` defaults to that of end users' tokens. @throws AppError not_found */
  issueMemberToken(
    organization: OrganizationScope,
    memberId: string,
    ttlSeconds?: number,
  ): Promise<IssuedToken>;
  /**
   * The token of a person who is signed in, as a member of an organization or, with null, as an operator. It lives for
   * five minutes and ends with the session. @throws AppError not_found, forbidden
   */
  issueSessionToken(signedIn: SignedIn, organizationId: string | null): Promise<IssuedToken>;
  /** The caller as it acts for one end user, who is stored if new. @throws AppError conflict (the user is being erased) */
  actFor<Caller extends ApiKeyPrincipal | MemberPrincipal>(
    caller: Caller,
    externalId: string,
  ): Promise<Caller>;
  /** Stores now when keys were used last, which otherwise happens once a minute and at disposal. */
  flushLastUsed(): Promise<void>;
}

export interface AuthenticatorOptions {
  readonly store: Store;
  /** Sign the tokens. */
  readonly secrets: Secrets;
  /** The operator's key. */
  readonly adminKey: string;
  readonly tokenTtlSeconds: number;
  /** The identity provider whose tokens count as members' tokens, besides this server's own. */
  readonly identityProvider?: IdentityProvider | undefined;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Called when the times of last use could not be stored; they are kept and stored later. */
  readonly onFlushError?: (error: unknown) => void;
}

const sessionTokenSeconds = 300;
const sessionEnded = 'the session of this token has ended; sign in again';

const operator: AdminPrincipal = { kind: 'admin', organization: null, keyId: null, limits: [] };

export function createAuthenticator(options: AuthenticatorOptions): Authenticator & AsyncDisposable {
  const { store, now = Date.now } = options;
  const tokens = createTokenSigner(options.secrets, now);
  const usage = createKeyUsage(store, options.onFlushError);
  const adminKeyHash = hashApiKey(options.adminKey);

  async function byKey(key: string): Promise<Principal> {
    const hash = hashApiKey(key);
    if (hashesEqual(hash, adminKeyHash)) return operator;
    const record = await findApiKeyByHash(store.reads, hash);
    const isCurrent = record !== undefined && hashesEqual(hash, record.hash);
    const isPrevious =
      record !== undefined && record.previous !== null && hashesEqual(hash, record.previous.hash);
    if (record === undefined || !(isCurrent || isPrevious)) {
      throw unauthenticated('the API key is not valid');
    }
    if (!isCurrent && (record.previous?.until ?? 0) <= now()) {
      throw new RefusedCredential(
        'this secret of the API key was replaced by another one',
        refusedKey(record),
      );
    }
    requireAlive(record, now());
    usage.note(record.id, now());
    return keyPrincipal(record, hash);
  }

  async function byToken(token: string, environment: string | undefined): Promise<Principal> {
    if (options.identityProvider !== undefined && looksOutside(token)) {
      return await outsideMember(options.identityProvider, token, environment);
    }
    const claims = await tokens.verify(token);
    if (claims.kind === 'operator') return await operatorWithSession(claims);
    return claims.kind === 'member' ? await member(claims, environment) : await endUser(claims);
  }

  async function operatorWithSession({ accountId, sessionId }: OperatorClaims): Promise<AdminPrincipal> {
    const session = await findSession(store.reads, sessionId);
    if (session?.accountId !== accountId || !session.isOperator || !isAliveSession(session, now())) {
      const actor = { kind: 'account', id: accountId } as const;
      throw new RefusedCredential(sessionEnded, { organizationId: null, actor, keyId: null });
    }
    return { ...operator, session: { id: sessionId, accountId } };
  }

  async function member(claims: MemberClaims, environment: string | undefined): Promise<MemberPrincipal> {
    const { organizationId, memberId: id, sessionId } = claims;
    const [found, session] = await Promise.all([
      findMember(store.reads, organizationScope(organizationId), id),
      sessionId === undefined ? undefined : findSession(store.reads, sessionId),
    ]);
    const holder = { organizationId, actor: { kind: 'member', id }, keyId: null } as const;
    if (found === undefined) throw new RefusedCredential('the member of this token was removed', holder);
    if (sessionId !== undefined) {
      const isTheirs = session !== undefined && session.accountId === found.accountId;
      if (!isTheirs || !isAliveSession(session, now())) throw new RefusedCredential(sessionEnded, holder);
    }
    return {
      kind: 'member',
      scope: memberScope(found.organization, found.role, environment),
      memberId: found.id,
      role: found.role,
      limits: limitsOfCaller({ organization: found.organization }),
      ...(session !== undefined && { session: { id: session.id, accountId: session.accountId } }),
    };
  }

  /** The identity provider decides who is a member, and in which role. */
  async function outsideMember(
    provider: IdentityProvider,
    token: string,
    environment: string | undefined,
  ): Promise<MemberPrincipal> {
    const { subject, organizationId, role } = await provider.verify(token);
    const organization = await findOrganizationRules(store.reads, organizationId);
    if (organization === undefined) throw noOrganization();
    return {
      kind: 'member',
      scope: memberScope(organization, role, environment),
      memberId: outsideMemberId(subject),
      role,
      limits: limitsOfCaller({ organization }),
    };
  }

  async function endUser(claims: EndUserClaims): Promise<EndUserPrincipal> {
    const { keyId, endUserId, organizationId, environment, clientId } = claims;
    const key = await findApiKeyOfToken(store.reads, keyId, endUserId);
    if (key === undefined || key.type !== environment || key.organizationId !== organizationId) {
      throw new RefusedCredential('the key of this token was revoked, or its user was erased', {
        organizationId,
        actor: { kind: 'end-user', id: null },
        keyId,
      });
    }
    requireAlive(key, now());
    usage.note(keyId, now());
    return {
      kind: 'end-user',
      scope: conversationScope(organizationId, environment, endUserId),
      endUserId,
      keyId,
      keyType: environment,
      personaId: claims.personaId,
      personaVersion: claims.personaVersion,
      personas: key.personas,
      limits: limitsOfCaller({
        ...{ organization: key.organization, key, endUserId },
        ...(clientId !== undefined && { client: { environment, id: clientId } }),
      }),
      allowedOrigins: key.allowedOrigins,
    };
  }

  async function endUserNamed(scope: Scope, externalId: string, claim?: IdempotencyClaim): Promise<string> {
    // Only a command takes the claim.
    const known = claim === undefined ? await findEndUserId(store.reads, scope, externalId) : undefined;
    if (known !== undefined) return known;
    const { organizationId, environment } = scope;
    const user = { id: newId(), organizationId, environment, externalId, now: now() };
    return (await store.executeOnce('ensureEndUser', user, claim)).result.id;
  }

  return {
    async authenticate(credentials) {
      const { environment } = credentials;
      if (credentials.apiKey !== undefined) {
        if (!isApiKey(credentials.apiKey))
          throw unauthenticated('X-API-Key must be an API key: sk_test_…, sk_prod_… or sk_admin_…');
        return await byKey(credentials.apiKey);
      }
      if (credentials.authorization !== undefined) {
        const value = bearerValue(credentials.authorization);
        return isApiKey(value) ? await byKey(value) : await byToken(value, environment);
      }
      if (credentials.accessToken !== undefined) {
        if (isApiKey(credentials.accessToken)) {
          throw unauthenticated('access_token takes a token, never an API key');
        }
        return await byToken(credentials.accessToken, environment);
      }
      return undefined;
    },
    async anonymous(organizationId) {
      const organization = await findOrganizationRules(store.reads, organizationId);
      if (organization === undefined) {
        throw unauthenticated('the organization of requests without a credential was deleted');
      }
      // What end users said is not for everybody.
      const scope = conversationScope(organizationId, 'prod', null);
      return { kind: 'anonymous', scope, limits: limitsOfCaller({ organization }) };
    },
    async issueEndUserToken(principal, { userId, persona, clientId }, claim) {
      const { organizationId, environment } = principal.scope;
      const endUserId = await endUserNamed(principal.scope, userId, claim);
      const claims: EndUserClaims = {
        kind: 'end-user',
        keyId: principal.keyId,
        organizationId,
        environment,
        endUserId,
        personaId: persona.personaId,
        personaVersion: persona.version,
        ...(clientId !== undefined && { clientId }),
      };
      return await tokens.sign(claims, options.tokenTtlSeconds);
    },
    async actFor(caller, externalId) {
      const { organizationId, environment } = caller.scope;
      const endUserId = await endUserNamed(caller.scope, externalId);
      const key =
        caller.kind === 'api-key' ? await findApiKeyOfToken(store.reads, caller.keyId, endUserId) : undefined;
      const organization = key?.organization ?? (await findOrganizationRules(store.reads, organizationId));
      if (organization === undefined) throw noOrganization();
      return {
        ...caller,
        scope: conversationScope(organizationId, environment, endUserId),
        limits: limitsOfCaller({ organization, key, endUserId }),
      };
    },
    async issueMemberToken(organization, memberId, ttlSeconds = options.tokenTtlSeconds) {
      if ((await findMember(store.reads, organization, memberId)) === undefined) throw notFound('member');
      const { organizationId } = organization;
      return await tokens.sign({ kind: 'member', organizationId, memberId }, ttlSeconds);
    },
    async issueSessionToken({ accountId, sessionId, isOperator }, organizationId) {
      if (organizationId === null) {
        if (!isOperator) throw new AppError('forbidden', 'this account is not an operator');
        return await tokens.sign({ kind: 'operator', accountId, sessionId }, sessionTokenSeconds);
      }
      const memberships = await listMemberships(store.reads, accountId);
      const membership = memberships.find((one) => one.organizationId === organizationId);
      if (membership === undefined) throw notFound('organization');
      const { memberId } = membership;
      return await tokens.sign({ kind: 'member', organizationId, memberId, sessionId }, sessionTokenSeconds);
    },
    flushLastUsed: () => usage.flush(),
    [Symbol.asyncDispose]: () => usage[Symbol.asyncDispose](),
  };
}

/** @throws AppError invalid_request (environment) */
function memberScope(
  { id, endUserConversations }: OrganizationRules,
  role: Role,
  environment: string | undefined,
): Scope {
  const isAny = seesEndUsers(role, endUserConversations);
  return conversationScope(id, toEnvironment(environment), isAny ? undefined : null);
}

function isApiKey(value: string): boolean {
  return value.startsWith('sk_');
}

function bearerValue(header: string): string {
  const value = /^bearer +(\S+) *$/i.exec(header)?.[1];
  if (value === undefined) throw unauthenticated('Authorization must be "Bearer <API key or token>"');
  return value;
}

/** @throws AppError invalid_request */
function toEnvironment(value: string | undefined): Environment {
  if (value === undefined || value === 'prod') return 'prod';
  if (value === 'test') return 'test';
  throw new AppError('invalid_request', 'environment must be test or prod', { field: 'environment' });
}

function requireAlive(key: ApiKeyRecord, now: number): void {
  if (key.revokedAt !== null) throw new RefusedCredential('the API key was revoked', refusedKey(key));
  if (key.expiresAt !== null && key.expiresAt <= now) {
    throw new RefusedCredential('the API key has expired', refusedKey(key));
  }
}

function keyPrincipal(key: AuthenticatedKey, secretHash: string): ApiKeyPrincipal | AdminPrincipal {
  if (key.type === 'admin') {
    return {
      kind: 'admin',
      organization: organizationScope(key.organizationId),
      keyId: key.id,
      limits: limitsOfCaller({ organization: key.organization, key }),
    };
  }
  return {
    kind: 'api-key',
    scope: conversationScope(key.organizationId, key.type),
    keyId: key.id,
    secretHash,
    keyType: key.type,
    defaultPersonaId: key.defaultPersonaId,
    personas: key.personas,
    limits: limitsOfCaller({ organization: key.organization, key }),
    allowedOrigins: key.allowedOrigins,
  };
}
