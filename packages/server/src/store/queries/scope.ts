/** The one condition that keeps tenants apart. */
import type { Environment, Scope, Tenant } from '../../domain/scope.ts';

/** The columns that say which tenant and end user own a row. */
export interface TenantColumns {
  readonly organization_id: string;
  readonly environment: Environment;
  readonly end_user_id: string | null;
}

export function tenantOf(row: TenantColumns): Tenant {
  return { organizationId: row.organization_id, environment: row.environment, endUserId: row.end_user_id };
}

/** Whether a row that was read by its id lies in the scope; callers treat a row outside as missing. */
export function isInScope(row: TenantColumns, scope: Scope): boolean {
  return (
    row.organization_id === scope.organizationId &&
    row.environment === scope.environment &&
    (scope.endUserId === undefined || row.end_user_id === scope.endUserId)
  );
}
