/** Notes how a backup has ended. */
import { type BackupNote, writeLastBackup } from '../backup/last-backup.ts';
import type { CommandContext } from '../command-context.ts';

export async function noteBackup({ db }: CommandContext, note: BackupNote): Promise<null> {
  await writeLastBackup(db, note);
  return null;
}
