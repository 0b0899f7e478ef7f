/** Work that holds up the event loop runs one piece in each turn of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { loopTurn } from '../../src/concurrency/loop-turn.ts';

test('a piece runs at once if none has run in this turn', async () => {
  await turnOfLoop();
  await turnOfLoop();
  let hasRun = false;
  void loopTurn().then(() => {
    hasRun = true;
  });
  await Promise.resolve();
  assert.ok(hasRun);
});

test('pieces of many readers take turns, and others come between any two', async () => {
  const order: string[] = [];
  const reader = async (name: string): Promise<void> => {
    for (let piece = 1; piece <= 3; piece += 1) {
      await loopTurn();
      order.push(`${name}${piece}`);
    }
  };
  let isReading = true;
  const others = (async () => {
    while (isReading) {
      await turnOfLoop();
      order.push('-');
    }
  })();
  await Promise.all([reader('a'), reader('b'), reader('c')]);
  isReading = false;
  await others;
  const pieces = order.filter((entry) => entry !== '-');
  assert.deepEqual(pieces.toSorted(), ['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'c1', 'c2', 'c3']);
  assert.deepEqual(pieces.slice(0, 3), ['a1', 'b1', 'c1'], 'each reader has its turn before one has another');
  assert.match(order.join(' '), /^a1( - [abc]\d)+( -)*$/, order.join(' '));
});
