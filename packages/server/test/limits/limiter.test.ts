/** Limits that are counted in the process, with a clock that the test moves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppError } from '../../src/domain/errors.ts';
import type { Limits, SubjectLimits } from '../../src/domain/limits/limits.ts';
import { createProcessLimiter } from '../../src/limits/limiter.ts';

function makeLimiter() {
  let nowMs = Date.UTC(2026, 10, 22, 1);
  const limiter = createProcessLimiter(() => nowMs);
  return {
    limiter,
    advance(ms: number) {
      nowMs += ms;
    },
  };
}

function of(limits: Limits, subject: SubjectLimits['subject'] = 'key', id = 'k'): SubjectLimits {
  return { subject, id, limits };
}

async function refusal(promise: Promise<unknown>): Promise<AppError['details']> {
  try {
    await promise;
  } catch (error) {
    assert.equal((error as AppError).code, 'rate_limited');
    return (error as AppError).details;
  }
  throw new Error('was admitted');
}

async function retryAfter(promise: Promise<unknown>): Promise<number | undefined> {
  return (await refusal(promise)).retry_after_seconds;
}

const turn = { requests_per_minute: 1, concurrent_streams: 1, tokens_per_minute: 100 };

test('requests a minute: so many at once, then one with each share of the minute', async () => {
  const { limiter, advance } = makeLimiter();
  const limits = [of({ requests_per_minute: 3 })];
  for (let i = 0; i < 3; i++) (await limiter.take(limits, turn)).end(1);
  assert.equal(await retryAfter(limiter.take(limits, turn)), 20);
  advance(19_000);
  assert.equal(await retryAfter(limiter.take(limits, turn)), 1);
  advance(1000);
  await limiter.take(limits, turn);
  await limiter.take([of({ requests_per_minute: 3 }, 'key', 'other')], turn);
});

test('a call that began nothing gives everything back, once', async () => {
  const { limiter } = makeLimiter();
  const limits = [of({ requests_per_minute: 1, concurrent_streams: 1, tokens_per_minute: 10 })];
  for (let i = 0; i < 5; i++) {
    const taken = await limiter.take(limits, turn);
    taken.refund();
    taken.refund();
    taken.end(5);
  }
  await limiter.take(limits, turn);
  await refusal(limiter.take(limits, turn));
});

test('answers and viewers are counted until they end, each end once', async () => {
  for (const name of ['concurrent_streams', 'viewers'] as const) {
    const { limiter } = makeLimiter();
    const limits = [of({ [name]: 2 })];
    const first = await limiter.take(limits, { [name]: 1 });
    await limiter.take(limits, { [name]: 1 });
    await refusal(limiter.take(limits, { [name]: 1 }));
    first.end(1);
    first.end(1);
    await limiter.take(limits, { [name]: 1 });
    await refusal(limiter.take(limits, { [name]: 1 }));
  }
});

test('tokens a minute are reserved as estimated and settled as spent', async () => {
  const { limiter, advance } = makeLimiter();
  const limits = [of({ tokens_per_minute: 600 })];
  (await limiter.take(limits, turn)).end(1200);
  assert.equal(await retryAfter(limiter.take(limits, turn)), 61);
  advance(61_000);
  await limiter.take(limits, turn);
});

test('of several subjects, the one to wait for longest is named, and nothing is taken of the others', async () => {
  const { limiter } = makeLimiter();
  const key = of({ requests_per_minute: 10 });
  const organization = of({ requests_per_minute: 2 }, 'organization', 'o');
  const user = of({ requests_per_minute: 1 }, 'end_user', 'u');
  await limiter.take([user, key, organization], turn);
  for (let i = 0; i < 20; i++) {
    const { limit, retry_after_seconds } = await refusal(limiter.take([user, key, organization], turn));
    assert.deepEqual(limit, { name: 'requests_per_minute', subject: 'end_user' });
    assert.equal(retry_after_seconds, 60);
  }
  const states = await limiter.states([key, organization, user]);
  assert.deepEqual(
    states.map(({ subject, used }) => [subject, used]),
    [
      ['key', 1],
      ['organization', 1],
      ['end_user', 1],
    ],
  );
});

test('states tell what is left, and when one more is', async () => {
  const { limiter, advance } = makeLimiter();
  const limits = [of({ writes_per_minute: 6, viewers: 3 })];
  for (let i = 0; i < 3; i++) await limiter.take(limits, { writes_per_minute: 1, viewers: 1 });
  const state = { subject: 'key', id: 'k', limit: 6, name: 'writes_per_minute' };
  const viewers = { subject: 'key', id: 'k', limit: 3, name: 'viewers', used: 3, moreInSeconds: undefined };
  assert.deepEqual(await limiter.states(limits), [{ ...state, used: 3, moreInSeconds: 10 }, viewers]);
  advance(15_000);
  assert.deepEqual(await limiter.states(limits), [{ ...state, used: 2, moreInSeconds: 5 }, viewers]);
  advance(15_000);
  assert.deepEqual(await limiter.states(limits), [{ ...state, used: 0, moreInSeconds: 0 }, viewers]);
});

test('until one more is left is as long as a refusal says, also where more was used than there is', async () => {
  const { limiter } = makeLimiter();
  const limits = [of({ tokens_per_minute: 600 })];
  (await limiter.take(limits, turn)).end(1200);
  const [state] = await limiter.states(limits);
  assert.deepEqual([state?.used, state?.moreInSeconds], [1200, 61]);
  assert.equal(await retryAfter(limiter.take(limits, turn)), 61);
});

test('what is taken even beyond a limit is never refused, and refuses others', async () => {
  const { limiter } = makeLimiter();
  const limits = [of({ writes_per_minute: 2 })];
  for (let i = 0; i < 5; i++) await limiter.take(limits, { writes_per_minute: 1 }, { evenBeyond: true });
  assert.equal(await retryAfter(limiter.take(limits, { writes_per_minute: 1 })), 120);
});

test('what is idle is forgotten, what is open or spent is not', async () => {
  const { limiter, advance } = makeLimiter();
  const viewer = of({ viewers: 1 }, 'end_user', 'viewer');
  await limiter.take([viewer], { viewers: 1 });
  const spent = of({ tokens_per_minute: 1 }, 'end_user', 'spent');
  (await limiter.take([spent], { tokens_per_minute: 1 })).end(1000);
  for (let i = 0; i < 5000; i++) {
    advance(1);
    await limiter.take([of({ writes_per_minute: 5 }, 'end_user', `u${i}`)], { writes_per_minute: 1 });
  }
  await refusal(limiter.take([viewer], { viewers: 1 }));
  await refusal(limiter.take([spent], { tokens_per_minute: 1 }));
});
