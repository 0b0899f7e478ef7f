/** What a caller may do; every refusal is an AppError. */
import { AppError, notFound } from '../domain/errors.ts';
import { mayAdminister, mayWrite } from '../domain/organization.ts';
import type { OrganizationScope } from '../domain/scope.ts';
import type { AdminPrincipal, ConversationPrincipal, Principal } from './principal.ts';
import { organizationScope } from './scopes.ts';

function forbidden(message: string): AppError {
  return new AppError('forbidden', message);
}

export function isOperator(principal: Principal): principal is AdminPrincipal & { organization: null } {
  return principal.kind === 'admin' && principal.organization === null;
}

/** Conversations are held with every credential but an admin key. @throws AppError forbidden */
export function requireConversationAccess(principal: Principal): asserts principal is ConversationPrincipal {
  if (principal.kind === 'admin') throw forbidden('an admin key is for /api/admin only');
}

/** @throws AppError forbidden for a guest, and for an admin key */
export function requireWrite(principal: Principal): asserts principal is ConversationPrincipal {
  requireConversationAccess(principal);
  if (principal.kind === 'member' && !mayWrite(principal.role)) throw forbidden('a guest only reads');
}

/**
 * The scope of an organization that the caller administers. The organization need not exist.
 * @throws AppError forbidden for who administers nothing, not_found for another's organization
 */
export function requireAdmin(principal: Principal, organizationId: string): OrganizationScope {
  const own = administeredOrganization(principal);
  if (own !== null && own.organizationId !== organizationId) throw notFound('organization');
  return organizationScope(organizationId);
}

/** The one organization that the caller administers; null: all. @throws AppError forbidden */
export function administeredOrganization(principal: Principal): OrganizationScope | null {
  if (principal.kind === 'admin') return principal.organization;
  if (principal.kind === 'member' && mayAdminister(principal.role)) {
    return organizationScope(principal.scope.organizationId);
  }
  throw forbidden('administration takes an admin key (sk_admin_…), or the token of an owner or admin');
}

/** @throws AppError forbidden; `what` begins the sentence: "creating an organization" */
export function requireOperator(principal: Principal, what: string): void {
  if (!isOperator(principal)) throw forbidden(`${what} is for the operator's admin key alone`);
}

/** Only test keys select a persona by `persona_id` or `version_type`; prod keys see what is in production. */
export function maySelectRevision(principal: Principal): boolean {
  return (principal.kind === 'api-key' || principal.kind === 'end-user') && principal.keyType === 'test';
}

/** Only a key itself asks for tokens. @throws AppError forbidden */
export function requireApiKey(
  principal: Principal,
): asserts principal is Extract<Principal, { kind: 'api-key' }> {
  if (principal.kind !== 'api-key') throw forbidden('this takes an API key (sk_test_… or sk_prod_…)');
}
