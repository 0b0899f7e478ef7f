/** `colloquy check`: looks for damage and contradictions in the stored data. */
import { Command } from '@commander-js/extra-typings';
import { onStore, readPlace } from './on-store.ts';

export const check = new Command('check')
  .description('look for damage and contradictions in the stored data, whether a server runs or not')
  .option('--json', 'print JSON')
  .action(async ({ json }) => {
    const [{ checkStore }, { openForReads }] = await Promise.all([
      import('../store/check/check-store.ts'),
      import('../store/transfer/place.ts'),
    ]);
    const findings = await onStore(async () => {
      await using store = await openForReads(await readPlace());
      return await checkStore(store.db, store.engine);
    });
    const lines = findings.map(({ rule, problem }) => `${rule}: ${problem}\n`).join('');
    process.stdout.write(json ? `${JSON.stringify({ findings })}\n` : lines || 'Nothing is wrong.\n');
    if (findings.length > 0) process.exitCode = 1;
  });
