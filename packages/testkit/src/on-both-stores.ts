/**
 * The one way to write a test that runs on SQLite and on PostgreSQL:
 *
 *   onBothStores('conversations', async (engine) => {
 *     const app = await startTestApp(engine);
 *     after(() => app[Symbol.asyncDispose]());
 *     test('…', …);
 *   });
 */
import { describe, test } from 'node:test';
import type { StoreEngine } from '../../server/src/store/store.ts';
import { findPostgres } from './services.ts';

const postgres = await findPostgres();

/**
 * Makes a suite `<name> on <engine>` for each engine, whose tests `run` defines. If the machine has no PostgreSQL, a
 * skipped test that names the reason replaces its suite.
 */
export function onBothStores(name: string, run: (engine: StoreEngine) => void | Promise<void>): void {
  describe(`${name} on sqlite`, () => run('sqlite'));
  if ('skip' in postgres) test(`${name} on postgres`, postgres, () => {});
  else describe(`${name} on postgres`, () => run('postgres'));
}
