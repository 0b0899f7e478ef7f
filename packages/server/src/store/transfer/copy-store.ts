/** Copies the rows of one store into another one of either engine, and compares counts and hashes. */
import { sql } from 'kysely';
import type { Database } from '../tables.ts';
import { carriedTables } from './carried-tables.ts';
import { ContentSum, differences, readContent, type StoreContent, type TableContent } from './content.ts';
import { readPages } from './read-pages.ts';
import type { TransferTarget } from './target.ts';

/** The two stores differ after a copy, or the source was written meanwhile. Its message is a sentence. */
export class TransferError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TransferError';
  }
}

/**
 * Copies what a snapshot of the source holds. If an earlier copy of the same source was cut off, goes on with it.
 * `target` has the same schema; what it holds is deleted.
 * @throws TransferError if the copy differs
 */
export async function copyStore(
  source: Database,
  target: TransferTarget,
  onTable: (name: string, content: TableContent) => void = () => {},
): Promise<StoreContent> {
  const tables = carriedTables();
  const state = await describeState(source);
  if ((await target.unfinished()) !== state) await target.begin(state, tables);
  const read: Record<string, TableContent> = {};
  for (const table of tables) {
    const earlier = await target.progressOf(table);
    const sum = new ContentSum(table, earlier);
    for await (const rows of readPages(source, table, earlier?.after)) {
      for (const row of rows) sum.add(row);
      const after = table.key.map((column) => rows.at(-1)?.[column]);
      await target.write(table, rows, { ...sum.content, after });
    }
    read[table.name] = sum.content;
    onTable(table.name, sum.content);
  }
  const problems = differences(read, await readContent(target.db, tables));
  if (problems.length > 0)
    throw new TransferError(`the copy differs from its source: ${problems.join(', ')}`);
  await target.finish(tables);
  return read;
}

/** Differs once a server has run on the store: each has an owner of its own, and what it does is in the trail. */
export async function describeState(db: Database): Promise<string> {
  const { rows } = await sql<Record<string, unknown>>`select (select max(id) from owner) as owner,
    (select max(lease_until) from owner) as lease, (select count(*) from audit) as audit,
    (select max(name) from kysely_migration) as migration`.execute(db);
  return JSON.stringify(rows[0]);
}
