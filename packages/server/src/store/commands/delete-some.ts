/** Deletes many rows in steps. */
import { type RawBuilder, sql } from 'kysely';
import type { Database, Tables } from '../tables.ts';

/**
 * Deletes at most `limit` of the rows that meet a condition, so that no other write waits long, and gives their number: if
 * that is `limit`, there may be more.
 * @param key the columns of the table's primary key
 */
export async function deleteSome<T extends keyof Tables>(
  db: Database,
  table: T,
  key: readonly (keyof Tables[T] & string)[],
  condition: RawBuilder<unknown>,
  limit: number,
): Promise<number> {
  const columns = sql.join(key.map((name) => sql.ref(name)));
  const deleted = await sql`delete from ${sql.table(table)} where (${columns}) in (
    select ${columns} from ${sql.table(table)} where ${condition}
    limit ${sql`cast(${limit} as integer)`})`.execute(db);
  return Number(deleted.numAffectedRows ?? 0);
}
