import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { abortable } from '../../src/concurrency/abortable.ts';

const forever = new Promise<never>(() => {});

test('the work decides while the signal is silent', async () => {
  const { signal } = new AbortController();
  assert.equal(await abortable(Promise.resolve('done'), signal), 'done');
  await assert.rejects(abortable(Promise.reject(new Error('broken')), signal), /broken/);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('the signal ends the wait with its reason', async () => {
  const controller = new AbortController();
  const waiting = abortable(forever, controller.signal);
  controller.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(abortable(Promise.resolve('done'), controller.signal), /enough/);
});

test('work that fails unheard is no unhandled rejection', async (context) => {
  const unhandled = context.mock.fn();
  process.once('unhandledRejection', unhandled);
  const controller = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  controller.abort(new Error('enough'));
  await assert.rejects(abortable(promise, controller.signal), /enough/);
  reject(new Error('late'));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', unhandled);
  assert.equal(unhandled.mock.callCount(), 0);
});
