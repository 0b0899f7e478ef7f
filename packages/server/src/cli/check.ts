/** `colloquy check`: looks for damage and contradictions in the stored data. */
import { Command } from '@commander-js/extra-typings';
import { onStore, readPlace } from './on-store.ts';

export const check = new Command('check')
  .description('look for damage and contradictions in the stored data, whether a server runs or not')
  .option('--json', 'print JSON')
  .action(async ({ json }) => {
    const [{ checkStore }, { openForReads }, { findSecretProblems }] = await Promise.all([
      import('../store/check/check-store.ts'),
      import('../store/transfer/place.ts'),
      import('../auth/secrets/fit.ts'),
    ]);
    const findings = await onStore(async () => {
      const place = await readPlace();
      await using store = await openForReads(place);
      const found = await checkStore(store.db, store.engine);
      // What is sealed is read where the tables are as they should be.
      const isReadable = !found.some(({ rule }) => rule === 'schema' || rule === 'file');
      return isReadable ? [...found, ...(await findSecretProblems(store, place))] : found;
    });
    const lines = findings.map(({ rule, problem }) => `${rule}: ${problem}\n`).join('');
    process.stdout.write(json ? `${JSON.stringify({ findings })}\n` : lines || 'Nothing is wrong.\n');
    if (findings.length > 0) process.exitCode = 1;
  });
