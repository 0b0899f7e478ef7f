/** Reads and stores rollups, many at once. */
import { type RawBuilder, sql } from 'kysely';
import type { CommandContext } from '../command-context.ts';
import type { UsageRollupTable } from '../queries/usage-tables.ts';
import { statement } from '../statement.ts';
import { figureNames, keyNames, type RollupKey } from './rollup.ts';

type ColumnName = keyof UsageRollupTable & string;

const valueNames = [...figureNames, 'first_token', 'duration'] as const;
const allNames = [...keyNames, ...valueNames] as const;

/** PostgreSQL's types of the columns that are not texts. */
const types: Partial<Readonly<Record<ColumnName, string>>> = {
  hour: 'integer',
  persona_id: 'integer',
  ...Object.fromEntries(figureNames.map((name) => [name, 'integer'])),
  prompt_tokens: 'bigint',
  completion_tokens: 'bigint',
  cost: 'double precision',
};

const keys = sql.raw(keyNames.join(', '));
const all = sql.raw(allNames.join(', '));
const onConflict = sql.raw(
  `on conflict (${keyNames.join(', ')}) do update set ${valueNames.map((name) => `${name} = excluded.${name}`).join(', ')}`,
);

const readOne = statement<RollupKey, UsageRollupTable>(
  (_db, param) =>
    sql`select ${all} from usage_rollup where (${keys}) = (${sql.join(keyNames.map((name) => sql`${param(name)}`))})`,
);

const storeOne = statement<UsageRollupTable, unknown>(
  (_db, param) =>
    sql`insert into usage_rollup (${all}) values (${sql.join(allNames.map((name) => sql`${param(name)}`))}) ${onConflict}`,
);

/** Gives the rows of these keys that are stored, in any order. */
export async function readRollups(
  { db, engine }: Pick<CommandContext, 'db' | 'engine'>,
  wanted: readonly RollupKey[],
): Promise<UsageRollupTable[]> {
  if (engine === 'postgres') {
    const { rows } = await sql<UsageRollupTable>`select ${all} from usage_rollup
      where (${keys}) in (select ${keys} from ${rowsOf(keyNames, wanted)})`.execute(db);
    return rows;
  }
  return await oneByOne(wanted, (key) => readOne(db, key));
}

export async function storeRollups(
  { db, engine }: Pick<CommandContext, 'db' | 'engine'>,
  rows: readonly UsageRollupTable[],
): Promise<void> {
  if (engine === 'postgres') {
    await sql`insert into usage_rollup (${all}) select ${all} from ${rowsOf(allNames, rows)} ${onConflict}`.execute(
      db,
    );
  } else await oneByOne(rows, (row) => storeOne(db, row));
}

/** SQLite runs a prepared statement for each row faster than one that takes them from JSON. */
async function oneByOne<T, R>(values: readonly T[], run: (value: T) => Promise<R[]>): Promise<R[]> {
  const found: R[] = [];
  for (const value of values) found.push(...(await run(value)));
  return found;
}

/** Rows as a table of PostgreSQL's, an array for each column. */
function rowsOf<N extends ColumnName>(
  names: readonly N[],
  rows: readonly Pick<UsageRollupTable, N>[],
): RawBuilder<unknown> {
  const arrays = names.map((name) => {
    const values = rows.map((row) => row[name]);
    return sql`${values}::${sql.raw(types[name] ?? 'text')}[]`;
  });
  return sql`unnest(${sql.join(arrays)}) as given (${sql.raw(names.join(', '))})`;
}
