import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createWorkerPool,
  QueueFullError,
  WorkerError,
  type WorkerLoss,
  type WorkerPoolOptions,
} from '../../src/concurrency/worker-pool.ts';
import { processes } from '../../src/concurrency/worker-process.ts';
import { threads } from '../../src/concurrency/worker-thread.ts';

const entry = new URL('./hostile.worker.ts', import.meta.url);
const bounds = { maxHeapMegabytes: 64, maxResidentMegabytes: 300, maxAnswerBytes: 2 ** 20 };
const kinds = {
  threads: (file: URL) => threads({ entry: file }),
  processes: (file: URL) => processes({ entry: file, ...bounds }),
};

const moduleOf = {
  pool: new URL('../../src/concurrency/worker-pool.ts', import.meta.url).href,
  threads: new URL('../../src/concurrency/worker-thread.ts', import.meta.url).href,
  processes: new URL('../../src/concurrency/worker-process.ts', import.meta.url).href,
};
const failsWith = (message: RegExp) => (error: unknown) =>
  error instanceof WorkerError && message.test(error.message);

for (const [kind, startOf] of Object.entries(kinds)) {
  describe(kind, () => {
    const poolOf = (options: Partial<WorkerPoolOptions> = {}, file = entry) =>
      createWorkerPool({ start: startOf(file), maxWorkers: 1, timeoutMs: 30_000, ...options });

    test('a worker is kept for the next call, also after a call that threw', async () => {
      await using pool = poolOf();
      const first = await pool.run({ do: 'id' });
      await assert.rejects(pool.run({ do: 'throw' }), failsWith(/^broken$/));
      assert.equal(await pool.run({ do: 'id' }), first);
    });

    test('bytes can be moved to the worker', async () => {
      await using pool = poolOf();
      const bytes = new Uint8Array(3_000_000);
      assert.equal(await pool.run({ do: 'count', bytes }, { transfer: [bytes.buffer] }), 3_000_000);
      if (kind === 'threads') assert.equal(bytes.length, 0, 'the sender has them no more');
    });

    test('a call that cannot be sent fails alone, also one that had to wait', async () => {
      await using pool = poolOf();
      const unsendable = { do: 'id', bytes: () => {} };
      const calls = [
        pool.run(unsendable),
        pool.run({ do: 'id' }),
        pool.run(unsendable),
        pool.run({ do: 'id' }),
      ];
      const told = await Promise.allSettled(calls);
      for (const index of [0, 2]) {
        const one = told[index];
        assert.ok(one?.status === 'rejected' && failsWith(/could not be cloned/)(one.reason));
      }
      assert.deepEqual([told[1]?.status, told[3]?.status], ['fulfilled', 'fulfilled']);
    });

    const ends: readonly (readonly [string, Partial<WorkerPoolOptions>, RegExp])[] = [
      ['loop', { timeoutMs: 3000 }, /not done within 3000 ms/],
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
      await using pool = poolOf({ timeoutMs: 500 }, new URL('./slow-start.worker.ts', import.meta.url));
      assert.equal(await pool.run({}), 'done');
    });

    test('a worker that can not start fails its call', async () => {
      await using pool = poolOf({}, new URL('./absent.worker.ts', import.meta.url));
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

    test('the calls of one owner keep no other waiting, and are bounded while they wait', async () => {
      await using pool = poolOf({ timeoutMs: 3_000, maxWaiting: 3, maxWaitingWeight: 100 });
      const order: string[] = [];
      const run = (owner: string, what: string, weight = 0) =>
        pool.run({ do: what }, { owner, weight }).then(
          () => void order.push(owner),
          () => void order.push(owner),
        );
      const calls = ['loop', 'id', 'id', 'id'].map((what) => run('first', what));
      await assert.rejects(pool.run({ do: 'id' }, { owner: 'first' }), QueueFullError);
      calls.push(run('second', 'id'), run('second', 'id', 100));
      await assert.rejects(pool.run({ do: 'id' }, { owner: 'second', weight: 1 }), QueueFullError);
      await Promise.all(calls);
      assert.deepEqual(order, ['first', 'second', 'second', 'first', 'first', 'first']);
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
    const { ${kind} } = await import(${JSON.stringify(moduleOf[kind as keyof typeof kinds])});
    const start = ${kind}({ entry: new URL(${JSON.stringify(entry.href)}), ...${JSON.stringify(bounds)} });
    const pool = createWorkerPool({ start, maxWorkers: 1, idleMs: 600_000 });
    await pool.run({ do: 'id' });`;
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
      const [code] = await once(child, 'exit');
      assert.equal(code, 0);
    });
  });
}

const lossesOf = () => {
  const losses: WorkerLoss[] = [];
  return { losses, onLost: (loss: WorkerLoss) => void losses.push(loss) };
};
const processPool = (options: Partial<WorkerPoolOptions> = {}) =>
  createWorkerPool({ start: kinds.processes(entry), maxWorkers: 1, timeoutMs: 30_000, ...options });

const losses: readonly (readonly [string, WorkerLoss['cause'], RegExp])[] = [
  ['memory', 'heap', /more than 64 MB of heap/],
  ['buffers', 'memory', /more than 300 MB of memory/],
  ['exit', 'exit', /the worker ended with 3/],
  ['long-answer', 'exit', /its answer can't be read: a message of \d+ bytes, over 1048576/],
];
for (const [what, cause, message] of losses) {
  test(`a process that is lost (${what}) is told once with its cause, and what waits gets a new one`, async () => {
    const { losses: told, onLost } = lossesOf();
    await using pool = processPool({ onLost });
    const [first, ...behind] = await Promise.allSettled([
      pool.run({ do: what }),
      pool.run({ do: 'pid' }),
      pool.run({ do: 'pid' }),
    ]);
    assert.ok(first.status === 'rejected' && failsWith(message)(first.reason), JSON.stringify(told));
    assert.deepEqual(
      behind.map(({ status }) => status),
      ['fulfilled', 'fulfilled'],
    );
    assert.deepEqual(
      told.map((loss) => loss.cause),
      [cause],
    );
  });
}

test('more memory at once than the data segment may have is an error of the call alone', async () => {
  await using pool = processPool();
  const before = await pool.run({ do: 'pid' });
  await assert.rejects(pool.run({ do: 'one-buffer' }), failsWith(/Array buffer allocation failed|300 MB/));
  if (process.platform === 'linux') assert.equal(await pool.run({ do: 'pid' }), before);
});

test('a process that keeps much memory after a call answers it, and the next call gets another one', async () => {
  const { losses: told, onLost } = lossesOf();
  await using pool = processPool({ onLost });
  const keeper = await pool.run({ do: 'keep' });
  const next = await pool.run({ do: 'pid' });
  assert.notEqual(next, keeper);
  assert.equal(await pool.run({ do: 'pid' }), next);
  assert.deepEqual(told, []);
});

test('what a library prints, and errors that come late, disturb no other call', async () => {
  await using pool = processPool();
  const pid = await pool.run({ do: 'pid' });
  await pool.run({ do: 'print' });
  await pool.run({ do: 'leave-a-rejection' });
  await sleep(50);
  assert.equal(await pool.run({ do: 'pid' }), pid);
});

test('a process has no environment and may not write', async () => {
  process.env.COLLOQUY_TEST_SECRET = 'secret';
  await using pool = processPool();
  assert.deepEqual(
    Object.keys((await pool.run({ do: 'environment' })) as object).filter(
      (name) => name !== 'PWD' && name !== 'OLDPWD' && name !== '_' && name !== 'SHLVL',
    ),
    [],
  );
  await assert.rejects(
    pool.run({ do: 'write', path: '/tmp/colloquy-may-not-write' }),
    failsWith(/permission|restricted/i),
  );
});

test('processes that do not start are tried ever later, and each call of them twice', async () => {
  const { losses: told, onLost } = lossesOf();
  const absent = new URL('./absent.worker.ts', import.meta.url);
  await using pool = processPool({ start: kinds.processes(absent), onLost });
  await assert.rejects(pool.run({ do: 'id' }), failsWith(/absent\.worker/));
  assert.deepEqual(
    told.map((loss) => loss.cause),
    ['start', 'start'],
  );
});

test('a process in a loop ends when the program is killed', {
  skip: process.platform === 'win32',
}, async () => {
  const program = `
    const { createWorkerPool } = await import(${JSON.stringify(moduleOf.pool)});
    const { processes } = await import(${JSON.stringify(moduleOf.processes)});
    const start = processes({ entry: new URL(${JSON.stringify(entry.href)}), ...${JSON.stringify(bounds)} });
    const pool = createWorkerPool({ start, maxWorkers: 1 });
    console.log(await pool.run({ do: 'pid' }));
    await pool.run({ do: 'loop' });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const worker = Number(line.toString());
  assert.ok(isAlive(worker));
  child.kill('SIGKILL');
  while (isAlive(worker)) await sleep(10);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
