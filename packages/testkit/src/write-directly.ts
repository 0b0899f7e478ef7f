/** Writes to a store past its commands, for what no command would write. */
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { CompiledQuery } from 'kysely';
import type { TestStore } from './stores.ts';

/** Runs the statements in order; on SQLite in one transaction, beside the store's own connections. */
export async function writeDirectly(
  { store, dataDir }: Pick<TestStore, 'store' | 'dataDir'>,
  ...queries: readonly CompiledQuery[]
): Promise<void> {
  if (store.engine === 'postgres') {
    for (const query of queries) await store.reads.executeQuery(query);
    return;
  }
  const db = new DatabaseSync(join(dataDir, 'colloquy.db'), { timeout: 5000 });
  try {
    db.exec('begin immediate');
    for (const { sql, parameters } of queries) db.prepare(sql).run(...(parameters as SQLInputValue[]));
    db.exec('commit');
  } finally {
    db.close();
  }
}
