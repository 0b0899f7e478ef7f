/** A short run of the fault kit on three servers, behind a balancer, whose PostgreSQL and Redis fall too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBacking } from './kit/backing.ts';
import { reportOf } from './kit/report.ts';
import { runFaults } from './kit/run.ts';

const seed = Number(process.env.COLLOQUY_TEST_SEED ?? 20261127);
const backing = await startBacking();

test(
  'three servers: nothing lost, nothing twice, nothing left running',
  'skip' in backing ? backing : {},
  async (t) => {
    if ('skip' in backing) return;
    await using _backing = backing;
    const result = await runFaults({
      seed,
      kills: 5,
      streams: 20,
      engine: 'postgres',
      replicas: 3,
      backing,
      seconds: 300,
      killsPerCheck: 5,
      onProgress: () => undefined,
    });
    t.diagnostic(`seed ${seed}\n${reportOf(result)}`);
    assert.deepEqual(result.violations, []);
    assert.ok(result.faults.killsAmongStreams >= 5 && result.faults.freezes === 2);
    assert.deepEqual([result.recoveries.redis.length, result.recoveries.postgres.length], [1, 1]);
    assert.ok((result.generations.interrupted ?? 0) > 0 && (result.generations.done ?? 0) > 0);
  },
);
