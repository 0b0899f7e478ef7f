/** How models do: their last test, and their calls and failures. */
import { sql } from 'kysely';
import type { ModelTestRecord } from '../../domain/model.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { Database } from '../tables.ts';

export interface ModelState {
  readonly lastTest: ModelTestRecord | null;
  /** Calls of every purpose since `since`, of the `mostCounted` newest calls of the organization. */
  readonly calls: number;
  /** Calls of it that failed since `since`, also where a fallback answered; at most `mostCounted`. */
  readonly errors: number;
}

/** More calls than these are not counted, so that the reading never takes long. */
export const mostCounted = 20_000;

/** `since` in epoch milliseconds. Models of other organizations are left out. */
export async function findModelStates(
  db: Database,
  scope: OrganizationScope,
  ids: readonly string[],
  since: number,
): Promise<ReadonlyMap<string, ModelState>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('model')
    .select(['id', 'last_test'])
    .select([
      sql<number>`(select count(*) from (select 1 from model_call
        where model_call.model_id = model.id and model_call.created_at >= ${since} and model_call.is_failed = 1
        limit ${mostCounted}) counted)`.as('errors'),
    ])
    .where('organization_id', '=', scope.organizationId)
    .where('id', 'in', ids)
    .execute();
  const calls = await countCalls(db, scope, ids, since);
  return new Map(
    rows.map((row) => [
      row.id,
      {
        lastTest: row.last_test === null ? null : (JSON.parse(row.last_test) as ModelTestRecord),
        calls: calls.get(row.id) ?? 0,
        errors: Number(row.errors),
      },
    ]),
  );
}

/** The index of an organization's calls by time holds their models, so that no call itself is read. */
async function countCalls(
  db: Database,
  { organizationId }: OrganizationScope,
  ids: readonly string[],
  since: number,
): Promise<ReadonlyMap<string, number>> {
  const newest = db
    .selectFrom('model_call')
    .select('model_id')
    .where('organization_id', '=', organizationId)
    .where('created_at', '>=', since)
    .orderBy('created_at', 'desc')
    .limit(mostCounted);
  const rows = await db
    .selectFrom(newest.as('newest'))
    .select(['model_id', (eb) => eb.fn.countAll().as('calls')])
    .where('model_id', 'in', [...ids])
    .groupBy('model_id')
    .execute();
  return new Map(rows.map((row) => [row.model_id, Number(row.calls)]));
}
