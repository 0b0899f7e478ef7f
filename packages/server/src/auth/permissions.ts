/** Checks what a caller may do; every refusal is an AppError. */
import { AppError, notFound } from '../domain/errors.ts';
import { mayAdminister, mayWrite } from '../domain/organization.ts';
import type { OrganizationScope } from '../domain/scope.ts';
import type {
  AdministratorPrincipal,
  ApiKeyPrincipal,
  ConversationPrincipal,
  EndUserPrincipal,
  MemberPrincipal,
  OperatorPrincipal,
  Principal,
} from './principal.ts';
import { organizationScope } from './scopes.ts';

function forbidden(message: string): AppError {
  return new AppError('forbidden', message);
}

export function isOperator(principal: Principal): principal is OperatorPrincipal {
  return principal.kind === 'admin' && principal.organization === null;
}

/** Admin keys hold no conversations. @throws AppError forbidden for an admin key */
export function requireConversationAccess(principal: Principal): asserts principal is ConversationPrincipal {
  if (principal.kind === 'admin') throw forbidden('an admin key is for /api/admin only');
}

/** @throws AppError forbidden for a guest, and for an admin key */
export function requireWrite(principal: Principal): asserts principal is ConversationPrincipal {
  requireConversationAccess(principal);
  if (principal.kind === 'member' && !mayWrite(principal.role)) throw forbidden('guests may only read');
}

/**
 * Checks a persona against those that a key is held to; null or absent for all. A turn without a persona is refused where
 * there are some. @throws AppError forbidden
 */
export function requirePersona(heldTo: readonly number[] | null | undefined, personaId: number | null): void {
  if (heldTo == null || (personaId !== null && heldTo.includes(personaId))) return;
  const what = personaId === null ? 'to personas, and this session has none' : 'to other personas';
  throw new AppError('forbidden', `persona: the key is held ${what}`, { field: 'persona' });
}

/**
 * Checks the persona of a session against that of an end user's token; null: the caller has no such token. A session
 * without a persona was begun by a key or a member, and goes on. @throws AppError forbidden
 */
export function requireTokenPersona(tokenPersona: number | null, personaId: number | null): void {
  if (tokenPersona === null || personaId === null || personaId === tokenPersona) return;
  throw new AppError('forbidden', 'persona: the token is for another persona', { field: 'persona' });
}

/** What answers an end user is their token's persona, never a model that they choose. @throws AppError forbidden */
export function requireModelChoice(principal: Principal): void {
  if (principal.kind === 'end-user')
    throw forbidden('model_id: the token is for its persona, not for models');
}

/** What the assistant said is not an end user's to write. @throws AppError forbidden */
export function requireAssistantWords(principal: Principal): void {
  if (principal.kind !== 'end-user') return;
  throw new AppError('forbidden', "role: an end user's token adds messages of Human only", { field: 'role' });
}

/** Whether an end user's answers use the web is their persona's to say. @throws AppError forbidden */
export function requireInternet(tokenPersona: number | null, hasInternet: boolean): void {
  if (tokenPersona === null || hasInternet) return;
  throw forbidden("the token's persona answers without the internet");
}

/**
 * The scope of an organization that the caller administers. The organization need not exist.
 * @throws AppError forbidden if the caller administers nothing, not_found for an organization of somebody else
 */
export function requireAdmin(principal: Principal, organizationId: string): OrganizationScope {
  const own = administeredOrganization(principal);
  if (own !== null && own.organizationId !== organizationId) throw notFound('organization');
  return organizationScope(organizationId);
}

/** @throws AppError forbidden if the caller administers nothing */
export function requireAdministrator(principal: Principal): asserts principal is AdministratorPrincipal {
  const administers =
    principal.kind === 'admin' || (principal.kind === 'member' && mayAdminister(principal.role));
  if (!administers) {
    throw forbidden('administration takes an admin key (sk_admin_…), or the token of an owner or admin');
  }
}

/** The one organization that the caller administers, or null for all. @throws AppError forbidden */
export function administeredOrganization(principal: Principal): OrganizationScope | null {
  requireAdministrator(principal);
  if (principal.kind === 'admin') return principal.organization;
  return organizationScope(principal.scope.organizationId);
}

/** @throws AppError forbidden */
export function requireOperator(principal: Principal): asserts principal is OperatorPrincipal {
  if (!isOperator(principal)) throw forbidden("only the operator's admin key may do this");
}

/** Tokens are issued to API keys only. @throws AppError forbidden */
export function requireApiKey(principal: Principal): asserts principal is ApiKeyPrincipal {
  if (principal.kind !== 'api-key') throw forbidden('this takes an API key (sk_test_… or sk_prod_…)');
}

/** @throws AppError forbidden for guests, admin keys, and callers without a credential */
export function requireChatAccess(
  principal: Principal,
): asserts principal is ApiKeyPrincipal | EndUserPrincipal | MemberPrincipal {
  requireWrite(principal);
  if (principal.kind === 'anonymous') throw forbidden('the chat API takes a credential');
}

/** @throws AppError forbidden for members, who use other dialects, and for callers without a key */
export function requireKeyOrEndUser(
  principal: Principal,
): asserts principal is ApiKeyPrincipal | EndUserPrincipal {
  requireConversationAccess(principal);
  if (principal.kind !== 'api-key' && principal.kind !== 'end-user') {
    throw forbidden("the chat API takes an API key, or an end user's token from get_token");
  }
}
