import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackgroundJobs } from '../../../src/generation/afterwards/background-jobs.ts';

function create(maxRunning: number, maxWaiting: number) {
  const errors: [string, string][] = [];
  const jobs = new BackgroundJobs({
    maxRunning,
    maxWaiting,
    onError: (error, key) => errors.push([key, (error as Error).message]),
  });
  const started: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const add = (key: string): void =>
    jobs.add(key, () => {
      started.push(key);
      const end = Promise.withResolvers<void>();
      ends.set(key, end);
      return end.promise;
    });
  return { jobs, errors, started, add, end: (key: string) => ends.get(key) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('only so many jobs run, so many wait in their order, and further ones are passed over', async () => {
  const { jobs, started, add, end } = create(2, 2);
  for (const key of ['a', 'b', 'c', 'd', 'e']) add(key);
  assert.deepEqual(started, ['a', 'b']);
  assert.equal(jobs.accepts('e'), false, 'full');
  end('b')?.resolve();
  await turn();
  assert.deepEqual(started, ['a', 'b', 'c']);
  for (const key of ['a', 'c']) end(key)?.resolve();
  await turn();
  end('d')?.resolve();
  await jobs.idle();
  assert.deepEqual(started, ['a', 'b', 'c', 'd']);
});

test('a key has one job at a time, waiting or running', async () => {
  const { jobs, started, add, end } = create(1, 10);
  for (const key of ['a', 'b', 'a', 'b']) add(key);
  end('a')?.resolve();
  await turn();
  end('b')?.resolve();
  await jobs.idle();
  assert.deepEqual(started, ['a', 'b']);
  add('a');
  assert.deepEqual(started, ['a', 'b', 'a'], 'once it has ended, it may come again');
  end('a')?.resolve();
  await jobs.idle();
});

test('a job that fails is reported and holds nothing up', async () => {
  const { jobs, errors, started, add, end } = create(1, 1);
  add('a');
  add('b');
  end('a')?.reject(new Error('broken'));
  await turn();
  assert.deepEqual(errors, [['a', 'broken']]);
  assert.deepEqual(started, ['a', 'b']);
  end('b')?.resolve();
  await jobs.idle();
});

test('the disposal drops what waits, aborts what runs and waits for it, without a report', async () => {
  const { jobs, errors, started, add } = create(1, 1);
  let isAborted = false;
  jobs.add(
    'running',
    (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          isAborted = true;
          reject(signal.reason);
        });
      }),
  );
  add('waiting');
  await jobs[Symbol.asyncDispose]();
  assert.ok(isAborted);
  add('late');
  assert.deepEqual(started, []);
  assert.deepEqual(errors, []);
});
