/** What starting has left behind is collected once, when nobody waits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { collectOnceIdle } from '../../src/concurrency/collect-once-idle.ts';

test('garbage is collected at the first look that finds nothing under way, and once', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const asked: boolean[] = [];
  let isIdle = false;
  const left = new WeakRef({ what: 'starting has left behind' });
  await turn();
  collectOnceIdle(() => {
    asked.push(isIdle);
    return isIdle;
  });
  t.mock.timers.tick(4_999);
  assert.deepEqual(asked, []);
  t.mock.timers.tick(1);
  await turn();
  assert.deepEqual(asked, [false]);
  assert.ok(left.deref());
  await turn();
  isIdle = true;
  t.mock.timers.tick(5_000);
  await turn();
  assert.equal(left.deref(), undefined);
  t.mock.timers.tick(50_000);
  assert.deepEqual(asked, [false, true]);
});
