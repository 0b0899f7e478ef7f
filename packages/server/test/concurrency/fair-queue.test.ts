/** Whose turn it is, by a clock that the tests move. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairQueue, type FairQueueOptions } from '../../src/concurrency/fair-queue.ts';

function queueOf(options: Partial<FairQueueOptions> = {}) {
  let now = 0;
  const queue = new FairQueue<string>({ places: 2, now: () => now, ...options });
  const add = (...items: readonly string[]) => items.map((item) => queue.add(item[0], item));
  const pass = (ms: number) => {
    now += ms;
  };
  return { queue, add, pass, release: (item: string) => queue.release(item[0], item) };
}

test('in the order of arrival, as long as there are places', () => {
  const { queue, add, release } = queueOf();
  add('a1', 'a2', 'a3');
  assert.deepEqual([queue.take(), queue.take(), queue.take()], ['a1', 'a2', undefined]);
  release('a1');
  release('a1');
  assert.deepEqual([queue.take(), queue.take()], ['a3', undefined]);
});

test('who comes later waits for no queue of another', () => {
  const { queue, add, pass, release } = queueOf({ places: 1 });
  add('a1', 'a2', 'a3', 'a4');
  assert.equal(queue.take(), 'a1');
  add('b1', 'b2', 'b3');
  pass(4_000);
  release('a1');
  for (const item of ['b1', 'b2', 'b3']) {
    assert.equal(queue.take(), item);
    pass(100);
    release(item);
  }
  assert.equal(queue.take(), 'a2');
});

test('an owner of slow items never takes the last free place, and its load is forgotten', () => {
  const { queue, add, pass, release } = queueOf();
  add('a1', 'a2', 'a3', 'a4', 'a5');
  assert.deepEqual([queue.take(), queue.take()], ['a1', 'a2'], 'it is not known yet');
  pass(4_000);
  release('a1');
  assert.equal(queue.take(), undefined, 'while a2 is at work');
  add('b1');
  assert.equal(queue.take(), 'b1');
  release('b1');
  release('a2');
  assert.deepEqual([queue.take(), queue.take()], ['a3', undefined]);
  pass(10);
  release('a3');
  pass(100_000);
  assert.deepEqual([queue.take(), queue.take()], ['a4', 'a5']);
});

test('what has no owner may take every place', () => {
  const { queue, pass } = queueOf();
  for (const item of ['1', '2', '3']) queue.add(undefined, item);
  assert.deepEqual([queue.take(), queue.take()], ['1', '2']);
  pass(60_000);
  queue.release(undefined, '1');
  assert.equal(queue.take(), '3');
});

test('each owner has bounds of its own on what waits, by number and by weight', () => {
  const { queue, add } = queueOf({ maxItems: 2, maxWeight: 10 });
  assert.deepEqual(add('a1', 'a2', 'a3', 'b1'), [true, true, false, true]);
  queue.delete('a', 'a1');
  assert.deepEqual(add('a4', 'a5'), [true, false]);
  assert.equal(queue.add('c', 'c1', 30), true, 'alone');
  assert.equal(queue.add('c', 'c2', 1), false);
  assert.equal(queue.add('d', 'd1', 6), true);
  assert.equal(queue.add('d', 'd2', 5), false);
  queue.delete('d', 'd1');
  assert.equal(queue.add('d', 'd2', 5), true);
  assert.deepEqual(queue.clear().toSorted(), ['a2', 'a4', 'b1', 'c1', 'd2']);
  assert.equal(queue.add('d', 'd3', 10), true);
});
