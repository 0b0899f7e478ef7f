/** The limits of a key, with a clock that the test moves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppError } from '../../src/domain/errors.ts';
import { Limiter } from '../../src/limits/limiter.ts';

const midnight = Date.UTC(2026, 10, 22);

function makeLimiter(used = 0) {
  let nowMs = midnight + 3_600_000;
  const limiter = new Limiter({ now: () => nowMs, readTokensSince: async () => used });
  return {
    limiter,
    advance(ms: number) {
      nowMs += ms;
    },
  };
}

async function retryAfter(promise: Promise<unknown>): Promise<number> {
  try {
    await promise;
  } catch (error) {
    assert.equal((error as AppError).code, 'rate_limited');
    return (error as AppError).details.retry_after_seconds ?? 0;
  }
  throw new Error('was admitted');
}

test('requests a minute: so many at once, then one with each share of the minute', async () => {
  const { limiter, advance } = makeLimiter();
  const limits = { requests_per_minute: 3 };
  for (let i = 0; i < 3; i++) (await limiter.reserve('k', limits, 1)).settle(1);
  assert.equal(await retryAfter(limiter.reserve('k', limits, 1)), 20);
  advance(19_000);
  assert.equal(await retryAfter(limiter.reserve('k', limits, 1)), 1);
  advance(1000);
  await limiter.reserve('k', limits, 1);
  await limiter.reserve('other', limits, 1);
});

test('a call that began nothing gives everything back', async () => {
  const { limiter } = makeLimiter();
  const limits = { requests_per_minute: 1, concurrent_streams: 1, tokens_per_minute: 10, tokens_per_day: 10 };
  for (let i = 0; i < 5; i++) (await limiter.reserve('k', limits, 10)).refund();
});

test('answers at once are counted until they end, each end once', async () => {
  const { limiter } = makeLimiter();
  const limits = { concurrent_streams: 2 };
  const first = await limiter.reserve('k', limits, 1);
  await limiter.reserve('k', limits, 1);
  await retryAfter(limiter.reserve('k', limits, 1));
  first.settle(1);
  first.settle(1);
  await limiter.reserve('k', limits, 1);
  await retryAfter(limiter.reserve('k', limits, 1));
});

test('tokens a minute are reserved as estimated and settled as spent', async () => {
  const { limiter, advance } = makeLimiter();
  const limits = { tokens_per_minute: 600 };
  const first = await limiter.reserve('k', limits, 100);
  first.settle(1200);
  assert.equal(await retryAfter(limiter.reserve('k', limits, 100)), 61);
  advance(61_000);
  await limiter.reserve('k', limits, 100);
});

test('tokens a day begin with what the store has accounted, and anew at midnight UTC', async () => {
  const { limiter, advance } = makeLimiter(1000);
  const limits = { tokens_per_day: 1000 };
  assert.equal(await retryAfter(limiter.reserve('k', limits, 1)), 23 * 3600);
  advance(23 * 3_600_000);
  await limiter.reserve('k', limits, 1);
});

test('calls beside the answers count their tokens, and neither requests nor answers', async () => {
  const { limiter, advance } = makeLimiter();
  const limits = {
    requests_per_minute: 1,
    concurrent_streams: 1,
    tokens_per_minute: 60,
    tokens_per_day: 100,
  };
  const answer = await limiter.reserve('k', limits, 10);
  const title = await limiter.reserveTokens('k', limits, 20);
  title.settle(50);
  title.settle(50);
  assert.equal(await retryAfter(limiter.reserveTokens('k', limits, 1)), 1);
  answer.settle(10);
  advance(60_000);
  const summary = await limiter.reserveTokens('k', limits, 40);
  assert.ok((await retryAfter(limiter.reserveTokens('k', limits, 1))) > 3600, 'the day is spent');
  summary.refund();
  await limiter.reserveTokens('k', limits, 1);
});

test('what was reserved before midnight counts on the day on which it was spent', async () => {
  const { limiter, advance } = makeLimiter();
  const limits = { tokens_per_day: 100 };
  const late = await limiter.reserve('k', limits, 90);
  advance(86_400_000);
  late.settle(60);
  (await limiter.reserve('k', limits, 1)).settle(39);
  (await limiter.reserve('k', limits, 1)).settle(1);
  await retryAfter(limiter.reserve('k', limits, 1));
});

test('a limit on the day that comes later reads what was used before it', async () => {
  const { limiter } = makeLimiter(95);
  const before = await limiter.reserve('k', { tokens_per_minute: 1000 }, 10);
  (await limiter.reserve('k', { tokens_per_day: 100 }, 1)).settle(0);
  before.settle(5);
  await retryAfter(limiter.reserve('k', { tokens_per_day: 100 }, 1));
});
