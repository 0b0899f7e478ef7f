/** The kinds of callers, and what is known about each. */
import type { SubjectLimits } from '../domain/limits/limits.ts';
import type { Role } from '../domain/organization.ts';
import type { Creator, Environment, OrganizationScope, Scope } from '../domain/scope.ts';

/** The session of a person who is signed in, with which their tokens end. */
export interface PrincipalSession {
  readonly id: string;
  readonly accountId: string;
}

/** An API key of type `test` or `prod`. */
export interface ApiKeyPrincipal {
  readonly kind: 'api-key';
  readonly scope: Scope;
  readonly keyId: string;
  /** SHA-256, hex, of the secret that was given, which another one may replace. */
  readonly secretHash: string;
  readonly keyType: Environment;
  readonly defaultPersonaId: number | null;
  /** The ids of the personas that it is held to; null: all of the organization. */
  readonly personas: readonly number[] | null;
  readonly limits: readonly SubjectLimits[];
  /** The origins that a browser may call from; null allows any. */
  readonly allowedOrigins: readonly string[] | null;
}

/** An end user's token, made by `get_token`, whose key is still valid. */
export interface EndUserPrincipal {
  readonly kind: 'end-user';
  /** Its `endUserId` is set. */
  readonly scope: Scope;
  readonly endUserId: string;
  readonly keyId: string;
  readonly keyType: Environment;
  readonly personaId: number | null;
  readonly personaVersion: number | null;
  /** The ids of the personas that its key is held to; null: all of the organization. */
  readonly personas: readonly number[] | null;
  readonly limits: readonly SubjectLimits[];
  readonly allowedOrigins: readonly string[] | null;
}

export interface MemberPrincipal {
  readonly kind: 'member';
  readonly scope: Scope;
  readonly memberId: string;
  readonly role: Role;
  readonly limits: readonly SubjectLimits[];
  /** Absent: the token was made by an administrator, or elsewhere. */
  readonly session?: PrincipalSession;
}

/** A request without a credential, where that is allowed. */
export interface AnonymousPrincipal {
  readonly kind: 'anonymous';
  readonly scope: Scope;
  readonly limits: readonly SubjectLimits[];
}

/** `sk_admin_…`: the operator's key, or a key of type `admin` of one organization; or an operator who is signed in. */
export interface AdminPrincipal {
  readonly kind: 'admin';
  /** Null for the operator, who administers every organization. */
  readonly organization: OrganizationScope | null;
  readonly keyId: string | null;
  /** None for the operator. */
  readonly limits: readonly SubjectLimits[];
  /** Of an operator who is signed in. */
  readonly session?: PrincipalSession;
}

/** The operator's key, or an operator who is signed in. */
export type OperatorPrincipal = AdminPrincipal & { readonly organization: null };

/** Who administers one organization or all: an admin key, or a member who is owner or admin. */
export type AdministratorPrincipal = AdminPrincipal | MemberPrincipal;

export type Principal =
  | ApiKeyPrincipal
  | EndUserPrincipal
  | MemberPrincipal
  | AnonymousPrincipal
  | AdminPrincipal;

/** The callers that may hold conversations: all but admin keys. */
export type ConversationPrincipal = Exclude<Principal, AdminPrincipal>;

/** What a turn has from its caller. */
export interface Account {
  /** The key that pays. */
  readonly apiKeyId: string | null;
  /** Whose limits hold. */
  readonly limits: readonly SubjectLimits[];
  /** The ids of the personas that the key is held to; null: all, and bare models. */
  readonly personas: readonly number[] | null;
  /** The persona that an end user's token is for; null: the caller has no such token. */
  readonly tokenPersona: number | null;
  /** Who asks for it. */
  readonly createdBy: Creator;
}

export function accountOf(principal: ConversationPrincipal): Account {
  const { limits } = principal;
  const createdBy = creatorOf(principal);
  const none = { apiKeyId: null, limits, personas: null, tokenPersona: null, createdBy };
  switch (principal.kind) {
    case 'api-key':
      return { ...none, apiKeyId: principal.keyId, personas: principal.personas };
    case 'end-user': {
      const { keyId, personas, personaId } = principal;
      return { ...none, apiKeyId: keyId, personas, tokenPersona: personaId };
    }
    case 'member':
    case 'anonymous':
      return none;
  }
}

const outsidePrefix = 'idp:';

/** The member's id of a subject of an outside identity provider, which alone knows when somebody is removed. */
export function outsideMemberId(subject: string): string {
  return outsidePrefix + subject;
}

export function isOutsideMember({ memberId }: MemberPrincipal): boolean {
  return memberId.startsWith(outsidePrefix);
}

/** Who a caller is, for what it makes. */
export function creatorOf(principal: Principal): Creator {
  switch (principal.kind) {
    case 'api-key':
      return { kind: 'key', id: principal.keyId };
    case 'end-user':
      return { kind: 'end-user', id: principal.endUserId };
    case 'member':
      return { kind: 'member', id: principal.memberId };
    case 'anonymous':
      return { kind: 'anonymous', id: null };
    case 'admin':
      return principal.keyId === null ? { kind: 'operator', id: null } : { kind: 'key', id: principal.keyId };
  }
}

/** The credential's name in idempotency claims and rates: `key:<id>`, `user:<id>`, … A
 * subject of the identity provider may be a member of many organizations, so a member's name has the organization in it. */
export function credentialName(principal: Principal): string {
  switch (principal.kind) {
    case 'api-key':
      return `key:${principal.keyId}`;
    case 'end-user':
      return `user:${principal.endUserId}`;
    case 'member':
      return `member:${principal.scope.organizationId}:${principal.memberId}`;
    case 'anonymous':
      return `anonymous:${principal.scope.organizationId}`;
    case 'admin':
      if (principal.session !== undefined) return `account:${principal.session.accountId}`;
      return principal.keyId === null ? 'operator' : `key:${principal.keyId}`;
  }
}
