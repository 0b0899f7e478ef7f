/** What a page may tell with each message. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkContext } from '../src/context.ts';

test('texts, numbers and booleans go along as texts, what is not there does not', () => {
  const context = { page: '/prices', product: 12, isNew: true, none: null, nothing: undefined };
  assert.deepEqual(checkContext(context), { page: '/prices', product: '12', isNew: 'true' });
});

test('what the server would refuse is refused at once, by name', () => {
  const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v']));
  assert.throws(() => checkContext(many), /16 pairs at most, and was given 17/);
  assert.throws(() => checkContext({ ['k'.repeat(65)]: 'v' }), /not a name of 1 to 64/);
  assert.throws(() => checkContext({ page: 'x'.repeat(513) }), /page has 513 characters, and 512/);
  assert.throws(() => checkContext({ page: { path: '/' } }), /page is not a text/);
});
