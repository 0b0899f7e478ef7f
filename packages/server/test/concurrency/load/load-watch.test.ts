/** When a process counts as overloaded, and what is refused then. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type LoadLevel, type LoadSample, watchLoad } from '../../../src/concurrency/load/load-watch.ts';
import { createMemoryReader } from '../../../src/concurrency/load/memory.ts';
import { AppError } from '../../../src/domain/errors.ts';

/** A watch that looks when it is told to, at what it is given. */
function watch(bounds = { loopDelayMs: 500, memoryPercent: 90 }) {
  let reading: LoadSample = { loopDelayMs: 0, memory: { kind: 'heap', share: 0.1 } };
  const levels: LoadLevel[] = [];
  const load = watchLoad({
    bounds,
    read: () => reading,
    onChange: (level) => levels.push(level),
    intervalMs: 3_600_000,
  });
  return {
    load,
    levels,
    see(times: number, { delay = 0, share = 0.1 }: { delay?: number; share?: number }) {
      reading = { loopDelayMs: delay, memory: { kind: 'heap', share } };
      for (let n = 0; n < times; n++) load.look();
      return load.level;
    },
    [Symbol.dispose]: () => load[Symbol.dispose](),
  };
}

const isOverloaded = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'overloaded' && (error.details.retry_after_seconds ?? 0) > 0;

test('a single long turn of the event loop changes nothing, a row of them does', () => {
  using one = watch();
  assert.equal(one.see(1, { delay: 5000 }), 'normal');
  assert.equal(one.see(1, {}), 'normal');
  assert.equal(one.see(2, { delay: 600 }), 'normal');
  assert.equal(one.see(1, { delay: 600 }), 'busy');
  assert.equal(one.see(3, { delay: 1200 }), 'severe');
});

test('the level falls step by step, later than it has risen, and not at readings near the bound', () => {
  using one = watch();
  one.see(3, { delay: 1500 });
  assert.equal(one.see(20, { delay: 900 }), 'severe');
  assert.equal(one.see(5, { delay: 100 }), 'severe');
  assert.equal(one.see(1, { delay: 100 }), 'busy');
  assert.equal(one.see(20, { delay: 400 }), 'busy');
  assert.equal(one.see(6, { delay: 100 }), 'normal');
  assert.deepEqual(one.levels, ['severe', 'busy', 'normal']);
});

test('memory counts by its share', () => {
  using one = watch();
  assert.equal(one.see(3, { share: 0.92 }), 'busy');
  assert.equal(one.see(3, { share: 0.96 }), 'severe');
  assert.equal(one.see(20, { share: 0.88 }), 'busy');
  assert.equal(one.see(6, { share: 0.8 }), 'normal');
});

test('a bound of 0 is none', () => {
  using one = watch({ loopDelayMs: 0, memoryPercent: 0 });
  assert.equal(one.see(50, { delay: 60_000, share: 1 }), 'normal');
});

test('busy refuses turns, severe requests too; what was refused is counted', () => {
  using one = watch();
  one.load.admitTurn();
  one.load.admitRequest();
  one.see(3, { delay: 600 });
  assert.throws(() => one.load.admitTurn(), isOverloaded);
  one.load.admitRequest();
  one.see(3, { delay: 3000 });
  assert.throws(() => one.load.admitTurn(), isOverloaded);
  assert.throws(() => one.load.admitRequest(), isOverloaded);
  assert.deepEqual({ ...one.load.refused }, { turns: 2, requests: 1 });
});

test('a loop that is kept busy is seen', async () => {
  const { promise: seen, resolve } = Promise.withResolvers<LoadSample>();
  using load = watchLoad({
    bounds: { loopDelayMs: 50, memoryPercent: 0 },
    onChange: (level, sample) => level !== 'normal' && resolve(sample),
    intervalMs: 20,
  });
  let isDone = false;
  const block = (): void => {
    const until = performance.now() + 100;
    while (performance.now() < until);
    if (!isDone) setTimeout(block, 1);
  };
  block();
  assert.ok((await seen).loopDelayMs >= 50);
  isDone = true;
  assert.throws(() => load.admitTurn(), isOverloaded);
});

async function groupOf(t: TestContext, files: Record<string, string | number>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'colloquy-cgroup-'));
  t.after(() => rm(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), `${content}\n`);
  }
  return root;
}

const mib = 1024 * 1024;

test("a container's limit counts what the kernel can't take back", async (t) => {
  const v2 = {
    'memory.max': 100 * mib,
    'memory.current': 99 * mib,
    'memory.stat': `anon 1\ninactive_file ${5 * mib}\nactive_file ${3 * mib}\nslab_reclaimable ${mib}`,
  };
  const v1 = {
    'memory/memory.limit_in_bytes': 100 * mib,
    'memory/memory.usage_in_bytes': 99 * mib,
    'memory/memory.stat': `total_inactive_file ${6 * mib}\ntotal_active_file ${3 * mib}`,
  };
  for (const files of [v2, v1]) {
    const cgroup = await groupOf(t, files);
    assert.deepEqual(createMemoryReader({ cgroup, self: '/nowhere' })(), { kind: 'container', share: 0.9 });
  }
  const nested = Object.fromEntries(
    Object.entries(v2).map(([name, value]) => [`a.slice/b.service/${name}`, value]),
  );
  const cgroup = await groupOf(t, { ...nested, self: '0::/a.slice/b.service' });
  assert.equal(createMemoryReader({ cgroup, self: join(cgroup, 'self') })().kind, 'container');
});

test('without a limit of its own, the heap counts', async (t) => {
  for (const limit of ['max', '9223372036854771712', 'nonsense', '']) {
    const cgroup = await groupOf(t, { 'memory.max': limit, 'memory.current': 99 * mib });
    const { kind, share } = createMemoryReader({ cgroup, self: '/nowhere' })();
    assert.equal(kind, 'heap');
    assert.ok(share > 0 && share < 1);
  }
});
