/** What opens a breaker, what closes it, and what says nothing about the provider. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Breakers, isOfAccount, type Watch } from '../../../src/generation/running/breakers.ts';
import { errorFromStatus, saidNothing } from '../../../src/models/upstream/upstream-error.ts';

const account = 'an account';
const halfOpenAfterMs = 1000;

type Report = 'succeeded' | 'failed' | 'ended';

/** Reports how a watched call went, and waits until the breaker has it. */
async function report(watch: Watch | undefined, how: Report): Promise<void> {
  assert.notEqual(watch, undefined);
  watch?.[how]();
  await delay(0);
}

async function calls(breakers: Breakers, ...reports: readonly Report[]): Promise<void> {
  for (const how of reports) await report(await breakers.watch(account), how);
}

async function opened(failures = 2): Promise<Breakers> {
  const breakers = new Breakers({ failures, halfOpenAfterMs });
  await calls(breakers, ...Array<Report>(failures).fill('failed'));
  return breakers;
}

/** The watch of the trial that comes once the breaker has been open for its while. */
async function trialOf(breakers: Breakers): Promise<Watch> {
  for (;;) {
    const watch = await breakers.watch(account);
    if (watch !== undefined) return watch;
    await delay(5);
  }
}

test('a call that shows nothing breaks off no row of failures', async () => {
  const breakers = new Breakers({ failures: 2, halfOpenAfterMs: 600_000 });
  await calls(breakers, 'failed', 'ended', 'failed');
  assert.equal(await breakers.watch(account), undefined);
});

test('a call that succeeds does', async () => {
  const breakers = new Breakers({ failures: 2, halfOpenAfterMs: 600_000 });
  await calls(breakers, 'failed', 'succeeded', 'failed');
  assert.notEqual(await breakers.watch(account), undefined);
});

test('a trial that shows nothing closes no breaker, and keeps it from no further trial', async () => {
  const breakers = await opened();
  await report(await trialOf(breakers), 'ended');
  assert.equal(await breakers.watch(account), undefined);
  await report(await trialOf(breakers), 'succeeded');
  assert.notEqual(await breakers.watch(account), undefined);
});

test('one trial at a time', async () => {
  const breakers = await opened();
  const trial = await trialOf(breakers);
  assert.equal(await breakers.watch(account), undefined);
  await report(trial, 'failed');
  assert.equal(await breakers.watch(account), undefined);
});

test('accounts do not share a breaker', async () => {
  const breakers = await opened();
  assert.notEqual(await breakers.watch('another'), undefined);
});

const isOfAll = {
  'a refused key': [401, '{"error":{"message":"Incorrect API key"}}'],
  'no credit': [402, '{"error":{"message":"Insufficient credits"}}'],
  'a refusal without a word': [403, ''],
  'too many requests': [429, '{"error":{"message":"Rate limit reached"}}'],
  'an error of the server': [500, 'oops'],
  'an overloaded server': [529, '{"type":"error","error":{"type":"overloaded_error"}}'],
} as const;
const isOfOne = {
  'a bad request': [400, '{"error":{"message":"bad temperature"}}'],
  'a flagged prompt': [403, '{"error":{"message":"Your input was flagged"}}'],
  'a model that the key may not use': [403, '{"error":{"code":"model_not_found","message":"no access"}}'],
  'an unknown model': [404, '{"error":{"message":"no such model"}}'],
  'a prompt that is too long': [400, '{"error":{"code":"context_length_exceeded","message":"too long"}}'],
  'a large body': [413, ''],
  'a field that is refused': [422, '{"detail":"no"}'],
} as const;
for (const [what, [status, body]] of Object.entries({ ...isOfAll, ...isOfOne }))
  test(`${what} is ${what in isOfAll ? '' : 'not '}of the account`, () => {
    const error = errorFromStatus({ provider: 'openai', apiKey: undefined }, status, {}, body);
    assert.equal(isOfAccount(error), what in isOfAll);
  });

test('an answer without a word is not of the account, since a prompt can cause it', () => {
  assert.equal(isOfAccount(saidNothing({ provider: 'openai', apiKey: undefined })), false);
});
