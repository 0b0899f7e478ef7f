/**
 * Measures what reaches readers, owners and connections on another server than the one it happens on: events, cancels and
 * revocations, between two servers on one PostgreSQL and one Redis.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { emptyPlace } from 'colloquy-testkit/place';
import { findRedisProgram, startRedis } from 'colloquy-testkit/redis-process';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { makeTenant } from 'colloquy-testkit/tenants';
import { startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { readOptions } from './harness/options.ts';
import { measureCancel, measureEvents, measureRevocation, type Pair } from './harness/replicas-run.ts';
import { percentile } from './harness/statistics.ts';

const usage = `node bench/replicas.ts [--quick] [--streams 20] [--rate 20] [--cancels 40] [--revocations 20]`;
const { numbers, windowMs, isQuick } = readOptions(usage, {
  rounds: 1,
  numbers: { streams: 20, rate: 20, cancels: 40, revocations: 20 },
});
const share = isQuick ? 0.25 : 1;

const found = findRedisProgram();
if ('skip' in found) throw new Error(found.skip);
await using redis = await startRedis(found.program);
const place = await emptyPlace('postgres');
const environment = serverEnvironment(place, { LEASE_MS: '10000', REDIS_URL: redis.url });
await using upstream = await startScriptedUpstream({ record: false });
await using here = await spawnServer(environment);
await using there = await spawnServer(environment);
const tenant = await makeTenant(here.url, upstream);
const pair: Pair = { here: here.url, there: there.url, tenant, upstream };
console.log(
  `node ${process.versions.node}; 2 servers, ${numbers.streams} streams × ${numbers.rate} tokens/s, read at both; ms`,
);

print('an event, behind the owner’s own reader', await measureEvents(pair, { ...numbers, windowMs }));
print('a cancel, until its stream has ended', await measureCancel(pair, Math.ceil(numbers.cancels * share)));
print(
  'a revocation, until its connection has ended',
  await measureRevocation(pair, Math.ceil(numbers.revocations * share)),
);

await redis.kill();
await sleep(3000);
console.log('\nwhile Redis is away');
print('an event, behind the owner’s own reader', await measureEvents(pair, { ...numbers, windowMs }));
print('a cancel, until its stream has ended', await measureCancel(pair, 10));
print('a revocation, until its connection has ended', await measureRevocation(pair, 10));
await rm(place.dataDir, { recursive: true, force: true });

function print(what: string, values: readonly number[]): void {
  const at = (q: number): string => percentile(values, q).toFixed(1).padStart(7);
  console.log(`  ${what.padEnd(46)} median ${at(0.5)}  p99 ${at(0.99)}  most ${at(1)}  of ${values.length}`);
}
