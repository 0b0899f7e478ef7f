/** The table of the audit trail, whose rows triggers keep from being changed, and from being deleted too early. */
import type { AuditAction, AuditActorKind, AuditSubject } from '../../domain/audit/trail.ts';

export interface AuditTable {
  id: string;
  /** No foreign key: the rows of a deleted organization go in steps, after it (`deleted_organization`). */
  organization_id: string | null;
  /** Epoch milliseconds. */
  at: number;
  actor_kind: AuditActorKind;
  actor_id: string | null;
  actor_name: string | null;
  address: string | null;
  request_id: string | null;
  action: AuditAction;
  subject_kind: AuditSubject;
  subject_id: string | null;
  /** `AuditValues` as JSON. */
  values_before: string | null;
  values_after: string | null;
  refusals: number | null;
}

/** Organizations that were deleted, and whose rows of the trail are not all gone yet. */
export interface DeletedOrganizationTable {
  id: string;
}

export interface AuditTables {
  audit: AuditTable;
  deleted_organization: DeletedOrganizationTable;
}
