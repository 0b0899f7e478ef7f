/** Reads that belong together see the store as it is at one time. */
import type { Database, StoreEngine } from '../tables.ts';

export function inSnapshot<T>(
  db: Database,
  engine: StoreEngine,
  read: (db: Database) => Promise<T>,
): Promise<T> {
  const transaction = db.transaction();
  return (engine === 'postgres' ? transaction.setIsolationLevel('repeatable read') : transaction).execute(
    read,
  );
}
