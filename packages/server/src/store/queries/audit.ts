/** Reads the audit trail, newest first. */
import { sql } from 'kysely';
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

/** What is absent is not looked at. */
export interface AuditFilter {
  /** A kind of actors, or the id of one. */
  readonly actor?: string | undefined;
  readonly action?: AuditAction | undefined;
  /** Epoch milliseconds, inclusive. */
  readonly from?: number | undefined;
  /** Epoch milliseconds, exclusive. */
  readonly to?: number | undefined;
}

/** Behind the row of this id and time. */
export interface AuditPlace {
  readonly createdAt: number;
  readonly id: string;
}

export interface AuditPage {
  readonly data: readonly AuditRecord[];
  /** Where the next page begins; null if there is none. A page may hold fewer than were asked for, and be not the last. */
  readonly next: AuditPlace | null;
}

/** Rows that a page looks at, at most: whatever the filter is, it does not hold up other reads for long. */
const mostLookedAt = 5000;

/** A page of an organization's trail; with a null scope of the whole one. */
export async function pageAudit(
  db: Database,
  scope: OrganizationScope | null,
  filter: AuditFilter,
  page: { readonly limit: number; readonly after?: AuditPlace | undefined },
): Promise<AuditPage> {
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
  const data = rows.slice(0, page.limit).map(toAudit);
  const last = data.at(-1);
  if (rows.length > page.limit && last !== undefined)
    return { data, next: { createdAt: last.at, id: last.id } };
  const end = await inRange(db, scope, filter, page.after)
    .clearSelect()
    .select(['at as createdAt', 'id'])
    .offset(mostLookedAt - 1)
    .limit(1)
    .executeTakeFirst();
  return { data, next: end ?? null };
}

/** What an index finds. */
function inRange(
  db: Database,
  scope: OrganizationScope | null,
  { from, to }: AuditFilter,
  after: AuditPlace | undefined,
) {
  let query = db.selectFrom('audit').selectAll();
  if (scope !== null) query = query.where('organization_id', '=', scope.organizationId);
  if (from !== undefined) query = query.where('at', '>=', from);
  if (to !== undefined) query = query.where('at', '<', to);
  if (after !== undefined) query = query.where(sql<boolean>`(at, id) < (${after.createdAt}, ${after.id})`);
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
