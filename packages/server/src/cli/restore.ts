/** `colloquy restore <file>`: puts a backup into the place of the settings. */
import { Command } from '@commander-js/extra-typings';
import { onStore, readPlace } from './on-store.ts';

export const restore = new Command('restore')
  .description('put a backup into DATA_DIR, or into the database of DATABASE_URL; no server may run')
  .argument('<file>', 'what `backup` has written, or the colloquy.db of a stopped server')
  .option('--replace', 'replace the data that is there; on SQLite they stay as colloquy.db.replaced')
  .action(async (file, { replace = false }) => {
    const [{ restoreBackup }, { describeFit, readFitOf }] = await Promise.all([
      import('../store/backup/backup.ts'),
      import('../auth/secrets/fit.ts'),
    ]);
    const place = await readPlace();
    const fit = await onStore(async () => {
      await restoreBackup(file, place, { isReplacing: replace });
      return await readFitOf(place);
    });
    const where = place.databaseUrl === undefined ? place.dataDir : 'the PostgreSQL database';
    process.stdout.write(`${where} holds what ${file} held. ${describeFit(fit, place)}\n`);
  });
