/** Limits of several servers together, on a Redis of the test's own: exact while it answers, shares while it does not. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { findRedisProgram, type RedisProcess, startRedis } from 'colloquy-testkit/redis-process';
import type { Bus } from '../../src/bus/bus.ts';
import { openRedisBus } from '../../src/bus/redis-bus.ts';
import type { AppError } from '../../src/domain/errors.ts';
import type { Limits, SubjectLimits } from '../../src/domain/limits/limits.ts';
import { createLimiter } from '../../src/limits/create-limiter.ts';
import type { Limiter, Taken, Wanted } from '../../src/limits/limiter.ts';

const found = findRedisProgram();
const started = 'skip' in found ? undefined : await startRedis(found.program);
after(() => started?.[Symbol.asyncDispose]());

interface Server extends AsyncDisposable {
  readonly bus: Bus;
  readonly limiter: Limiter & AsyncDisposable;
}

async function startServer(url: string, servers: number): Promise<Server> {
  const server = crypto.randomUUID();
  const bus = await openRedisBus({ url, store: 'limits', process: server });
  await turnsTo(bus, true);
  const onError = (): void => undefined;
  const limiter = createLimiter({ bus, server, now: Date.now, servers: () => servers, onError });
  return {
    bus,
    limiter,
    async [Symbol.asyncDispose]() {
      await limiter[Symbol.asyncDispose]();
      await bus[Symbol.asyncDispose]();
    },
  };
}

function turnsTo(bus: Bus, isUp: boolean): Promise<void> {
  if (bus.isUp === isUp) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  bus.onChange((now) => now === isUp && resolve());
  return promise;
}

let keys = 0;
function keyWith(limits: Limits): readonly SubjectLimits[] {
  keys += 1;
  return [{ subject: 'key', id: `k${keys}`, limits }];
}

/** What was admitted of many calls at once. */
async function admitted(calls: readonly Promise<Taken>[]): Promise<Taken[]> {
  const settled = await Promise.allSettled(calls);
  for (const one of settled) {
    if (one.status === 'rejected') assert.equal((one.reason as AppError).code, 'rate_limited');
  }
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** Makes the test again if a bus went away meanwhile, as it does where a machine is too busy to answer. */
async function undisturbed(servers: readonly Server[], body: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    let changes = 0;
    await Promise.all(servers.map(({ bus }) => turnsTo(bus, true)));
    const watches = servers.map(({ bus }) =>
      bus.onChange(() => {
        changes += 1;
      }),
    );
    try {
      await body();
      return;
    } catch (error) {
      if (changes === 0 || tries === 5) throw error;
    } finally {
      for (const watch of watches) watch[Symbol.dispose]();
    }
  }
}

describe('limits of three servers on Redis', 'skip' in found ? found : {}, () => {
  const redis = started as RedisProcess;
  const three = async () => {
    const servers = await Promise.all([1, 2, 3].map(() => startServer(redis.url, 3)));
    const cleanup = new AsyncDisposableStack();
    for (const server of servers) cleanup.use(server);
    const many = (count: number, subjects: readonly SubjectLimits[], wanted: Wanted) =>
      admitted(
        Array.from({ length: count }, (_, index) =>
          (servers[index % 3] as Server).limiter.take(subjects, wanted),
        ),
      );
    return { servers, many, [Symbol.asyncDispose]: () => cleanup.disposeAsync() };
  };

  test('600 calls at once against 100 a minute: exactly 100', async () => {
    await using all = await three();
    await undisturbed(all.servers, async () => {
      const subjects = keyWith({ requests_per_minute: 100 });
      const used = async () => (await (all.servers[1] as Server).limiter.states(subjects))[0]?.used ?? 0;
      const startedAt = Date.now();
      const taken = await all.many(600, subjects, { requests_per_minute: 1 });
      // The bucket refills while a slow machine makes the calls.
      const refilled = Math.ceil(((Date.now() - startedAt) * 100) / 60_000);
      assert.ok(taken.length >= 100 && taken.length <= 100 + refilled, String(taken.length));
      for (const one of taken.slice(0, 50)) one.refund();
      while ((await used()) > 50) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.ok((await all.many(600, subjects, { requests_per_minute: 1 })).length >= 50);
    });
  });

  test('what is open is counted everywhere, and a server that ends leaves nothing', async () => {
    await using all = await three();
    const [ending, other] = [all.servers[0] as Server, all.servers[1] as Server];
    const viewers = keyWith({ viewers: 4 });
    await undisturbed(all.servers, async () => {
      const subjects = keyWith({ concurrent_streams: 10 });
      const used = async () => (await other.limiter.states(subjects))[0]?.used ?? 0;
      const taken = await all.many(60, subjects, { concurrent_streams: 1 });
      assert.equal(taken.length, 10);
      for (const one of taken.slice(0, 3)) one.end(0);
      while ((await used()) > 7) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal((await all.many(60, subjects, { concurrent_streams: 1 })).length, 3);
    });
    await ending.limiter.take(viewers, { viewers: 1 });
    const used = async () => (await other.limiter.states(viewers))[0]?.used ?? 0;
    while ((await used()) !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await ending.limiter[Symbol.asyncDispose]();
    while ((await used()) !== 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test('all subjects or none', async () => {
    await using all = await three();
    const key = keyWith({ requests_per_minute: 100 });
    const user: SubjectLimits = { subject: 'end_user', id: 'u', limits: { concurrent_streams: 1 } };
    const wanted = { requests_per_minute: 1, concurrent_streams: 1 };
    assert.equal((await all.many(30, [...key, user], wanted)).length, 1);
    const [state] = await (all.servers[0] as Server).limiter.states(key);
    assert.equal(state?.used, 1);
  });

  test('tokens are settled by what they cost', async () => {
    await using all = await three();
    const [a, b] = [all.servers[0] as Server, all.servers[1] as Server];
    const subjects = keyWith({ tokens_per_minute: 1000 });
    const first = await a.limiter.take(subjects, { tokens_per_minute: 900 });
    first.end(100);
    const used = async () => (await b.limiter.states(subjects))[0]?.used ?? 0;
    while ((await used()) > 100) await new Promise((resolve) => setTimeout(resolve, 5));
    const second = await b.limiter.take(subjects, { tokens_per_minute: 300 });
    second.end(5000);
    while ((await used()) < 1000) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal((await all.many(3, subjects, { tokens_per_minute: 1 })).length, 0);
  });

  test('while Redis is away each server grants its share; what is open is told when it is back', async () => {
    await using all = await three();
    const streams = keyWith({ concurrent_streams: 9 });
    const a = all.servers[0] as Server;
    await a.limiter.take(streams, { concurrent_streams: 1 });
    await redis.kill();
    await Promise.all(all.servers.map(({ bus }) => turnsTo(bus, false)));
    const rates = keyWith({ requests_per_minute: 30 });
    assert.equal((await all.many(90, rates, { requests_per_minute: 1 })).length, 30);
    const [state] = await a.limiter.states(rates);
    assert.equal(state?.used, 30);
    // One of the three that this server may have is open already.
    const open = await all.many(90, streams, { concurrent_streams: 1 });
    assert.equal(open.length, 8);
    open[0]?.end(0);
    await redis.start();
    await Promise.all(all.servers.map(({ bus }) => turnsTo(bus, true)));
    const used = async () => (await a.limiter.states(streams))[0]?.used;
    while ((await used()) !== 8) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal((await all.many(9, streams, { concurrent_streams: 1 })).length, 1);
  });
});
