/** The last backup of a store, as a setting of it: every server on the store tells of it, also after a restart. */
import type { Database } from '../tables.ts';

export interface BackupNote {
  /** The path of the file. */
  readonly file: string;
  /** When it ended; epoch milliseconds. */
  readonly endedAt: number;
  /** Null where it failed. */
  readonly bytes: number | null;
  /** Why it failed, in a sentence; null where it did not. */
  readonly error: string | null;
}

export interface LastBackup extends BackupNote {
  /** When the last one that did not fail has ended; null: there was none. */
  readonly succeededAt: number | null;
}

const lastBackupSetting = 'last_backup';

/** Undefined where no backup was noted. */
export async function readLastBackup(db: Database): Promise<LastBackup | undefined> {
  const row = await db
    .selectFrom('setting')
    .select('value')
    .where('name', '=', lastBackupSetting)
    .executeTakeFirst();
  return row && (JSON.parse(row.value) as LastBackup);
}

export async function writeLastBackup(db: Database, note: BackupNote): Promise<void> {
  const succeededAt = note.error === null ? note.endedAt : ((await readLastBackup(db))?.succeededAt ?? null);
  const value = JSON.stringify({ ...note, succeededAt } satisfies LastBackup);
  await db
    .insertInto('setting')
    .values({ name: lastBackupSetting, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}
