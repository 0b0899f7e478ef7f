import assert from 'node:assert/strict';
import { test } from 'node:test';
import { every } from '../../src/concurrency/every.ts';

const unexpected = (error: unknown): void => assert.fail(String(error));

test('a job runs at every interval until it is stopped', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  let runs = 0;
  const repetition = every(100, async () => void runs++, unexpected);
  assert.equal(runs, 0, 'not before the first interval is over');
  for (const expected of [1, 2, 3]) {
    context.mock.timers.tick(100);
    assert.equal(runs, expected);
    await settled();
  }
  repetition[Symbol.dispose]();
  context.mock.timers.tick(1000);
  assert.equal(runs, 3);
});

test('runs do not overlap, and a stop can wait for the one under way', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const { promise, resolve } = Promise.withResolvers<void>();
  let runs = 0;
  const repetition = every(
    100,
    () => {
      runs++;
      return promise;
    },
    unexpected,
  );
  context.mock.timers.tick(500);
  assert.equal(runs, 1);
  let isStopped = false;
  const stopped = repetition[Symbol.asyncDispose]().then(() => {
    isStopped = true;
  });
  await settled();
  assert.equal(isStopped, false);
  resolve();
  await stopped;
});

test('an error is reported, and the next run comes all the same', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const errors: unknown[] = [];
  using _repetition = every(
    100,
    async () => {
      throw new Error('broken');
    },
    (error) => errors.push((error as Error).message),
  );
  for (const _ of [1, 2]) {
    context.mock.timers.tick(100);
    await settled();
  }
  assert.deepEqual(errors, ['broken', 'broken']);
});

/** Waits until all promises that can settle now have settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
