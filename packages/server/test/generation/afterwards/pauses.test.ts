/** How often something is tried that keeps failing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pauses } from '../../../src/generation/afterwards/pauses.ts';

test('what keeps failing is tried less and less often, and at once after a success', () => {
  const pauses = new Pauses();
  const tries: number[] = [];
  for (let turn = 1; turn <= 100; turn++) {
    if (!pauses.isOver('a')) continue;
    tries.push(turn);
    pauses.failed('a');
  }
  assert.deepEqual(tries, [1, 2, 3, 4, 5, 7, 10, 15, 24, 41, 74]);
  assert.ok(pauses.isOver('b'), 'others are not concerned');
  pauses.succeeded('a');
  assert.ok(pauses.isOver('a'));
});

test('only so many are remembered', () => {
  const pauses = new Pauses();
  for (let failure = 0; failure < 6; failure++) pauses.failed('old');
  for (let n = 0; n < 1000; n++) pauses.failed(`new ${n}`);
  assert.ok(pauses.isOver('old'));
});
