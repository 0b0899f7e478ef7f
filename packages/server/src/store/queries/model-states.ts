/** How models do: their last test, and their calls and failures. */
import { sql } from 'kysely';
import type { ModelTestRecord } from '../../domain/model.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { Database } from '../tables.ts';

export interface ModelState {
  readonly lastTest: ModelTestRecord | null;
  /** Calls of every purpose since `since`; at most `mostCounted`. */
  readonly calls: number;
  /** Generations of it that failed since `since`; at most `mostCounted`. */
  readonly errors: number;
}

/** More calls than these are not counted, so that the reading costs the same for every model. */
export const mostCounted = 10_000;

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
        where model_call.model_id = model.id and model_call.created_at >= ${since}
        limit ${mostCounted}) counted)`.as('calls'),
      sql<number>`(select count(*) from (select 1 from generation
        where generation.model_id = model.id and generation.status = 'failed'
          and generation.finished_at >= ${since}
        limit ${mostCounted}) counted)`.as('errors'),
    ])
    .where('organization_id', '=', scope.organizationId)
    .where('id', 'in', ids)
    .execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        lastTest: row.last_test === null ? null : (JSON.parse(row.last_test) as ModelTestRecord),
        calls: Number(row.calls),
        errors: Number(row.errors),
      },
    ]),
  );
}
