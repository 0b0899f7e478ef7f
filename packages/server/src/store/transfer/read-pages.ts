/** Reads a whole table a page at a time, in the order of its primary key. */
import { sql } from 'kysely';
import type { Database } from '../tables.ts';
import type { CarriedTable, Row } from './carried-tables.ts';

const rowsAtOnce = 500;

/** Begins behind the row with the key `after`, if it is given. */
export async function* readPages(
  db: Database,
  { name, columns, key }: Pick<CarriedTable, 'name' | 'columns' | 'key'>,
  after?: readonly unknown[],
): AsyncGenerator<readonly Row[]> {
  const keys = sql.join(key.map((column) => sql.ref(column)));
  let last = after;
  for (;;) {
    const behind = last === undefined ? sql`` : sql`where (${keys}) > (${sql.join([...last])})`;
    const { rows } = await sql<Row>`select ${sql.join(columns.map((column) => sql.ref(column)))}
      from ${sql.table(name)} ${behind} order by ${keys} limit ${sql.lit(rowsAtOnce)}`.execute(db);
    const end = rows.at(-1);
    if (end === undefined) return;
    yield rows;
    last = key.map((column) => end[column]);
  }
}
