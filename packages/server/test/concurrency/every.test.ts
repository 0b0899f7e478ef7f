import assert from 'node:assert/strict';
import { test } from 'node:test';
import { every, everyInSteps } from '../../src/concurrency/every.ts';

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

test('work is done in steps until the last one, at each look that finds some', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  let [work, steps, looks] = [0, 0, 0];
  let done = Promise.withResolvers<void>();
  await using _steps = everyInSteps({
    intervalMs: 100,
    hasWork: async () => {
      looks += 1;
      return work > 0;
    },
    step: async () => {
      steps += 1;
      work -= 1;
      if (work === 0) done.resolve();
      return { isLast: work === 0 };
    },
    onError: unexpected,
  });
  for (const [added, expected] of [
    [3, 3],
    [1, 4],
  ] as const) {
    done = Promise.withResolvers<void>();
    work = added;
    context.mock.timers.tick(100);
    await done.promise;
    await settled();
    assert.equal(steps, expected);
  }
  context.mock.timers.tick(100);
  await settled();
  assert.deepEqual([looks, steps], [3, 4], 'a look that finds nothing does no step');
});

test('a stop waits for the step under way, and none follows it', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const { promise, resolve } = Promise.withResolvers<{ isLast: boolean }>();
  let steps = 0;
  const repetition = everyInSteps({
    intervalMs: 100,
    hasWork: async () => true,
    step() {
      steps += 1;
      return promise;
    },
    onError: unexpected,
  });
  context.mock.timers.tick(100);
  await settled();
  let isStopped = false;
  const stopped = repetition[Symbol.asyncDispose]().then(() => {
    isStopped = true;
  });
  await settled();
  assert.deepEqual([steps, isStopped], [1, false]);
  resolve({ isLast: false });
  await stopped;
  assert.equal(steps, 1);
});

/** Waits until all promises that can settle now have settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
