/** The only place where scopes are made: a caller whose credential was checked, or the program itself. */
import type { Environment, OrganizationScope, Scope } from '../domain/scope.ts';

export function organizationScope(organizationId: string): OrganizationScope {
  return { organizationId } as OrganizationScope;
}

/** `endUserId`: the scope covers only what belongs to that end user, or with null, to none. */
export function conversationScope(
  organizationId: string,
  environment: Environment,
  endUserId?: string | null,
): Scope {
  const scope = { organizationId, environment, ...(endUserId === undefined ? {} : { endUserId }) };
  return scope as Scope;
}
