/** `colloquy migrate-store`: moves all data between directories with SQLite and PostgreSQL databases. */
import { Command } from '@commander-js/extra-typings';
import type { StorePlace } from '../store/transfer/place.ts';
import { onStore, readPlace } from './on-store.ts';

export const migrateStore = new Command('migrate-store')
  .description('copy all data to another place or engine; no server may run on either')
  .requiredOption('--from <place>', 'a data directory, or postgres://…')
  .requiredOption('--to <place>', 'an empty data directory, or postgres://… of an empty database')
  .option('--json', 'print JSON')
  .action(async ({ from, to, json }) => {
    const [{ migrateStore: migrate }, { describeFit, readFitOf }, { resolve }] = await Promise.all([
      import('../store/transfer/migrate-store.ts'),
      import('../auth/secrets/fit.ts'),
      import('node:path'),
    ]);
    const settings = await readPlace();
    const placeOf = (text: string): StorePlace =>
      /^postgres(ql)?:/.test(text)
        ? { dataDir: '', databaseUrl: text }
        : { dataDir: resolve(text), databaseUrl: undefined };
    const { databaseUrl, dataDir } = placeOf(to);
    const target = {
      ...settings,
      databaseUrl,
      dataDir: databaseUrl === undefined ? dataDir : settings.dataDir,
    };
    const { content, fit } = await onStore(async () => {
      const content = await migrate(placeOf(from), placeOf(to), (name, { rows }) => {
        process.stderr.write(`${name}: ${rows} rows\n`);
      });
      return { content, fit: await readFitOf(target) };
    });
    const rows = Object.values(content).reduce((sum, table) => sum + table.rows, 0);
    process.stdout.write(
      json
        ? `${JSON.stringify({ tables: content, secret: fit })}\n`
        : `${rows} rows were copied, and are the same by counts and hashes. The search index is made anew by the first start. ${describeFit(fit, target)}\n`,
    );
  });
