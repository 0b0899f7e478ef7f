/** `colloquy backup <file>`: writes all data into one file, while a server runs or not. */
import { Command } from '@commander-js/extra-typings';
import { onStore, readPlace } from './on-store.ts';

export const backup = new Command('backup')
  .description('write all stored data into one file, whether a server runs or not')
  .argument('<file>', 'the file to write')
  .option('--replace', 'replace the file if it exists')
  .option('--json', 'print JSON')
  .action(async (file, { replace = false, json }) => {
    const { makeBackup, noteBackupMade } = await import('../store/backup/backup.ts');
    const made = await onStore(async () => {
      const place = await readPlace();
      const made = await makeBackup(place, file, { isReplacing: replace });
      // The backup is good, also where the store takes no note of it.
      await noteBackupMade(place, made).catch(() => false);
      return made;
    });
    const rows = Object.values(made.content).reduce((sum, table) => sum + table.rows, 0);
    process.stdout.write(
      json
        ? `${JSON.stringify({ file: made.file, bytes: made.bytes, tables: made.content })}\n`
        : `${made.file}: ${rows} rows in ${made.bytes} bytes, verified.\nKeep the secret (DATA_DIR/secret or COLLOQUY_SECRET) in another place: without it providers' keys can't be read.\n`,
    );
  });
