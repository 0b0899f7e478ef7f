/** `colloquy migrate-store`: moves all data between directories with SQLite and PostgreSQL databases. */
import { Command } from '@commander-js/extra-typings';
import type { StorePlace } from '../store/transfer/place.ts';
import { onStore } from './on-store.ts';

export const migrateStore = new Command('migrate-store')
  .description('copy all data to another place or engine; no server may run on either')
  .requiredOption('--from <place>', 'a data directory, or postgres://…')
  .requiredOption('--to <place>', 'an empty data directory, or postgres://… of an empty database')
  .option('--json', 'print JSON')
  .action(async ({ from, to, json }) => {
    const { migrateStore: migrate } = await import('../store/transfer/migrate-store.ts');
    const { resolve } = await import('node:path');
    const placeOf = (text: string): StorePlace =>
      /^postgres(ql)?:/.test(text)
        ? { dataDir: '', databaseUrl: text }
        : { dataDir: resolve(text), databaseUrl: undefined };
    const content = await onStore(() =>
      migrate(placeOf(from), placeOf(to), (name, { rows }) => {
        process.stderr.write(`${name}: ${rows} rows\n`);
      }),
    );
    const rows = Object.values(content).reduce((sum, table) => sum + table.rows, 0);
    process.stdout.write(
      json
        ? `${JSON.stringify({ tables: content })}\n`
        : `${rows} rows were copied, and are the same by counts and hashes. The search index is made anew by the first start.\n`,
    );
  });
