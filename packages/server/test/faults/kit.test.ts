/** A short run of the fault kit on each store; `npm run faults` makes long ones. COLLOQUY_TEST_SEED repeats a run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { reportOf } from './kit/report.ts';
import { runFaults } from './kit/run.ts';

const seed = Number(process.env.COLLOQUY_TEST_SEED ?? 20261122);

onBothStores('faults', (engine) => {
  test('nothing lost, nothing twice, nothing left running', async (t) => {
    const result = await runFaults({
      seed,
      kills: 4,
      streams: 20,
      engine,
      replicas: 1,
      seconds: 60,
      killsPerCheck: 4,
      onProgress: () => undefined,
      ...(process.env.FAULTS_TRACE
        ? { trace: (step: string) => console.log(new Date().toISOString(), step) }
        : {}),
    });
    t.diagnostic(`seed ${seed}\n${reportOf(result)}`);
    assert.deepEqual(result.violations, []);
    assert.ok(result.faults.killsAmongStreams >= 4);
    assert.ok((result.generations.interrupted ?? 0) > 0 && (result.generations.done ?? 0) > 0);
  });
});
