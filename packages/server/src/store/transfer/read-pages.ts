/** Reads a whole table a page at a time, in the order of its primary key. Texts may be long: pages are bounded by bytes. */
import { sql } from 'kysely';
import type { Database } from '../tables.ts';
import type { CarriedTable, Row } from './carried-tables.ts';

const maxRows = 500;
/** A row that is longer has a page to itself. */
const maxBytes = 4 * 1024 * 1024;

/** Begins behind the row with the key `after`, if it is given. */
export async function* readPages(
  db: Database,
  { name, columns, texts, key }: Pick<CarriedTable, 'name' | 'columns' | 'texts' | 'key'>,
  after?: readonly unknown[],
): AsyncGenerator<readonly Row[]> {
  const keys = sql.join(key.map((column) => sql.ref(column)));
  const lengths = texts
    .filter((column) => columns.includes(column))
    .map((column) => sql`coalesce(octet_length(${sql.ref(column)}), 0)`);
  const bytes = lengths.length === 0 ? sql`0` : sql.join(lengths, sql` + `);
  let last = after;
  for (;;) {
    const behind = last === undefined ? sql`` : sql`where (${keys}) > (${sql.join([...last])})`;
    // Lengths are known without their texts.
    const { rows: sizes } = await sql<{ bytes: number }>`select ${bytes} as bytes
      from ${sql.table(name)} ${behind} order by ${keys} limit ${sql.lit(maxRows)}`.execute(db);
    const count = rowsWithin(sizes.map((row) => Number(row.bytes)));
    const { rows } = await sql<Row>`select ${sql.join(columns.map((column) => sql.ref(column)))}
      from ${sql.table(name)} ${behind} order by ${keys} limit ${sql.lit(count)}`.execute(db);
    const end = rows.at(-1);
    if (end === undefined) return;
    yield rows;
    last = key.map((column) => end[column]);
  }
}

function rowsWithin(sizes: readonly number[]): number {
  let total = 0;
  const beyond = sizes.findIndex((bytes) => {
    total += bytes;
    return total > maxBytes;
  });
  return beyond === -1 ? sizes.length : Math.max(1, beyond);
}
