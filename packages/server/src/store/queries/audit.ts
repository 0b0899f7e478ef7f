/** Reads the audit trail, newest first. */
import {
  type AuditAction,
  type AuditActorKind,
  type AuditRecord,
  type AuditValues,
  auditActorKinds,
} from '../../domain/audit/trail.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { AuditTable } from '../audit/table.ts';
import type { Database } from '../tables.ts';
import {
  isInRange,
  type TimePage,
  type TimePageRequest,
  type TimePlace,
  type TimeRange,
  toTimePage,
} from './page.ts';

/** What is absent is not looked at. */
export interface AuditFilter extends TimeRange {
  /** A kind of actors, or the id of one. */
  readonly actor?: string | undefined;
  readonly action?: AuditAction | undefined;
}

/** Rows that a page looks at, at most: whatever the filter is, it does not hold up other reads for long. */
const mostLookedAt = 5000;

/** A page of an organization's trail; with a null scope of the whole one. */
export async function pageAudit(
  db: Database,
  scope: OrganizationScope | null,
  filter: AuditFilter,
  page: TimePageRequest,
): Promise<TimePage<AuditRecord>> {
  const lookedAt = inRange(db, scope, filter, page.after).limit(mostLookedAt);
  let query = db.selectFrom(lookedAt.as('audit')).selectAll();
  const { actor, action } = filter;
  if (actor !== undefined) {
    const isKind = (auditActorKinds as readonly string[]).includes(actor);
    query = isKind
      ? query.where('actor_kind', '=', actor as AuditActorKind)
      : query.where('actor_id', '=', actor);
  }
  if (action !== undefined) query = query.where('action', '=', action);
  const rows = await query
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute();
  return await toTimePage(
    rows.map(toAudit),
    page.limit,
    ({ at, id }) => ({ createdAt: at, id }),
    () =>
      inRange(db, scope, filter, page.after)
        .clearSelect()
        .select(['at as createdAt', 'id'])
        .offset(mostLookedAt - 1)
        .limit(1)
        .executeTakeFirst(),
  );
}

/** What an index finds. */
function inRange(
  db: Database,
  scope: OrganizationScope | null,
  range: TimeRange,
  after: TimePlace | undefined,
) {
  let query = db
    .selectFrom('audit')
    .selectAll()
    .where(isInRange(range, after, 'at'));
  if (scope !== null) query = query.where('organization_id', '=', scope.organizationId);
  return query.orderBy('at', 'desc').orderBy('id', 'desc');
}

function toAudit(row: AuditTable): AuditRecord {
  const parse = (json: string | null): AuditValues | null => (json === null ? null : JSON.parse(json));
  return {
    id: row.id,
    organizationId: row.organization_id,
    at: row.at,
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    address: row.address,
    requestId: row.request_id,
    action: row.action,
    subject: { kind: row.subject_kind, id: row.subject_id },
    before: parse(row.values_before),
    after: parse(row.values_after),
    count: row.refusals,
  };
}
