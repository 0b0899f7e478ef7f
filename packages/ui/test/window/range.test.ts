/** The moving window over a long list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  around,
  carryOver,
  growDown,
  growUp,
  lastOf,
  most,
  type Range,
  step,
} from '../../src/window/range.ts';

const itemsOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ id: `${from + index}` }));
const sizeOf = ({ start, end }: Range): number => end - start;

test('it begins with the last ones, grows to its bound, and then lets go at the other end', () => {
  let range = lastOf(1000);
  assert.deepEqual(range, { start: 940, end: 1000 });
  for (let times = 0; times < 3; times += 1) range = growUp(range);
  assert.deepEqual(range, { start: 760, end: 1000 });
  range = growUp(range);
  assert.deepEqual(range, { start: 700, end: 940 });
  range = growDown(range, 1000);
  assert.deepEqual(range, { start: 760, end: 1000 });
  assert.deepEqual(growDown(range, 1000), range);
});

test('short lists stand there whole', () => {
  assert.deepEqual(lastOf(3), { start: 0, end: 3 });
  assert.deepEqual(growUp({ start: 0, end: 3 }), { start: 0, end: 3 });
  assert.deepEqual(around(1, 3), { start: 0, end: 3 });
});

test('an item that is to be shown is in the window', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(499), (count, at) => {
      const index = at % count;
      const range = around(index, count);
      assert.ok(range.start <= index && index < range.end && range.start >= 0 && range.end <= count);
      assert.ok(sizeOf(range) <= step);
    }),
  );
});

test('items that come before it move it along, items behind it widen it at the end only', () => {
  const before = itemsOf(100, 200);
  assert.deepEqual(carryOver({ start: 40, end: 100 }, before, itemsOf(50, 200), true), {
    start: 90,
    end: 150,
  });
  assert.deepEqual(carryOver({ start: 40, end: 100 }, before, itemsOf(100, 202), true), {
    start: 40,
    end: 102,
  });
  assert.deepEqual(carryOver({ start: 0, end: 60 }, before, itemsOf(100, 202), true), { start: 0, end: 60 });
});

test('it holds all of its items where they stand in another order than before', () => {
  const [unsent, said] = [itemsOf(900, 902), itemsOf(500, 502)];
  const now = [...itemsOf(400, 500), ...said, ...unsent];
  assert.deepEqual(carryOver({ start: 0, end: 4 }, [...unsent, ...said], now, true), {
    start: 100,
    end: 104,
  });
  assert.deepEqual(carryOver({ start: 0, end: 2 }, [...said.toReversed(), ...unsent], now, true), {
    start: 100,
    end: 102,
  });
});

test('it never shows more than its bound, and keeps what is read where it may not let go', () => {
  const before = itemsOf(0, 240);
  const now = itemsOf(0, 241);
  assert.deepEqual(carryOver({ start: 0, end: 240 }, before, now, true), { start: 61, end: 241 });
  assert.deepEqual(carryOver({ start: 0, end: 240 }, before, now, false), { start: 0, end: most });
});

test('another branch is shown from its end, and a shorter one as far as it goes', () => {
  assert.deepEqual(carryOver({ start: 0, end: 60 }, itemsOf(0, 60), itemsOf(500, 600), true), {
    start: 40,
    end: 100,
  });
  assert.deepEqual(carryOver({ start: 0, end: 60 }, itemsOf(0, 60), itemsOf(0, 20), true), {
    start: 0,
    end: 20,
  });
  assert.deepEqual(carryOver({ start: 0, end: 0 }, [], itemsOf(0, 100), true), { start: 40, end: 100 });
});
