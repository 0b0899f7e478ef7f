import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { createWorkerPool, WorkerError, type WorkerPoolOptions } from '../../src/concurrency/worker-pool.ts';

const entry = new URL('./hostile.worker.ts', import.meta.url);
const poolOf = (options: Partial<WorkerPoolOptions> = {}) =>
  createWorkerPool({ entry, maxWorkers: 1, timeoutMs: 30_000, ...options });

const failsWith = (message: RegExp) => (error: unknown) =>
  error instanceof WorkerError && message.test(error.message);

test('a worker is kept for the next call, also after a call that threw', async () => {
  await using pool = poolOf();
  const first = await pool.run({ do: 'id' });
  await assert.rejects(pool.run({ do: 'throw' }), failsWith(/^broken$/));
  assert.equal(await pool.run({ do: 'id' }), first);
});

test('bytes can be moved to the worker', async () => {
  await using pool = poolOf();
  const bytes = new Uint8Array(1000);
  assert.equal(await pool.run({ do: 'count', bytes }, { transfer: [bytes.buffer] }), 1000);
  assert.equal(bytes.length, 0, 'the sender has them no more');
});

test('a call that cannot be sent fails alone, also one that had to wait', async () => {
  await using pool = poolOf();
  const unsendable = { do: 'id', bytes: () => {} };
  const calls = [pool.run(unsendable), pool.run({ do: 'id' }), pool.run(unsendable), pool.run({ do: 'id' })];
  const told = await Promise.allSettled(calls);
  for (const index of [0, 2]) {
    const one = told[index];
    assert.ok(one?.status === 'rejected' && failsWith(/could not be cloned/)(one.reason));
  }
  assert.deepEqual([told[1]?.status, told[3]?.status], ['fulfilled', 'fulfilled']);
});

const ends: readonly (readonly [string, Partial<WorkerPoolOptions>, RegExp])[] = [
  ['loop', { timeoutMs: 3000 }, /not done within 3000 ms/],
  ['memory', { maxMegabytes: 64 }, /memory limit/],
  ['exit', {}, /the worker ended/],
];
for (const [what, options, message] of ends) {
  test(`a call that ends its worker (${what}) fails alone; what waits behind it is done`, async () => {
    await using pool = poolOf(options);
    const [first, behind] = await Promise.allSettled([pool.run({ do: what }), pool.run({ do: 'id' })]);
    assert.equal(first.status, 'rejected');
    assert.ok(failsWith(message)(first.reason), String(first.reason));
    assert.equal(behind.status, 'fulfilled');
  });
}

test("a call's time begins once its worker is loaded", async () => {
  await using pool = poolOf({ entry: new URL('./slow-start.worker.ts', import.meta.url), timeoutMs: 500 });
  assert.equal(await pool.run({}), 'done');
});

test('a worker that can not start fails its call', async () => {
  await using pool = poolOf({ entry: new URL('./absent.worker.ts', import.meta.url) });
  await assert.rejects(pool.run({ do: 'id' }), failsWith(/absent\.worker/));
  await assert.rejects(pool.run({ do: 'id' }), failsWith(/absent\.worker/));
});

test('at most so many workers run', async () => {
  await using pool = poolOf({ maxWorkers: 2 });
  const ids = await Promise.all(Array.from({ length: 8 }, () => pool.run({ do: 'id' })));
  assert.ok(new Set(ids).size <= 2);
});

test('a signal ends the wait, before a call begins and while it is under way', async () => {
  await using pool = poolOf({ timeoutMs: 3000 });
  const aborted = AbortSignal.abort(new Error('enough'));
  await assert.rejects(pool.run({ do: 'id' }, { signal: aborted }), /enough/);
  const [one, other] = [new AbortController(), new AbortController()];
  const running = pool.run({ do: 'loop' }, { signal: one.signal });
  const waiting = pool.run({ do: 'id' }, { signal: other.signal });
  other.abort(new Error('enough of waiting'));
  await assert.rejects(waiting, /enough of waiting/);
  one.abort(new Error('enough of running'));
  await assert.rejects(running, /enough of running/);
  assert.equal(typeof (await pool.run({ do: 'id' })), 'number', 'once the loop was ended');
});

test('a worker without a call ends after a while', async () => {
  await using pool = poolOf({ idleMs: 1 });
  const first = await pool.run({ do: 'id' });
  let next = first;
  for (let tries = 0; next === first && tries < 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    next = await pool.run({ do: 'id' });
  }
  assert.notEqual(next, first);
});

test('the disposal ends what runs and what waits, and takes no more', async () => {
  const pool = poolOf();
  const calls = Promise.allSettled([pool.run({ do: 'loop' }), pool.run({ do: 'id' })]);
  await pool[Symbol.asyncDispose]();
  for (const call of await calls) {
    assert.ok(call.status === 'rejected' && failsWith(/^closed$/)(call.reason));
  }
  await assert.rejects(pool.run({ do: 'id' }), failsWith(/^closed$/));
});

test('a worker without a call does not keep the program alive', async () => {
  const program = `
    const { createWorkerPool } = await import(${JSON.stringify(new URL('../../src/concurrency/worker-pool.ts', import.meta.url).href)});
    const pool = createWorkerPool({ entry: new URL(${JSON.stringify(entry.href)}), maxWorkers: 1, idleMs: 600_000 });
    await pool.run({ do: 'id' });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});
