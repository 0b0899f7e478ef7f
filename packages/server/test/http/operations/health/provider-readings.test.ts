/** What is kept of the calls of providers: times of the last hour, and the failure that was last. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProviderReadings } from '../../../../src/http/operations/health/provider-readings.ts';

const minuteMs = 60_000;

function readings() {
  const clock = { now: 1_764_000_000_000 };
  const kept = createProviderReadings(() => clock.now);
  return {
    clock,
    read: (provider: string) => kept.read().get(provider),
    names: () => [...kept.read().keys()],
    took(provider: string, firstTokenMs: number | null, durationMs: number | null) {
      kept.count({ providerTimes: [{ provider, firstTokenMs, durationMs }], providerErrors: [] });
    },
    failed(provider: string, reason: string, at: number, status?: number) {
      kept.count({ providerTimes: [], providerErrors: [{ provider, reason, at, status }] });
    },
  };
}

const near = (value: number | null | undefined, expected: number) =>
  assert.ok(Math.abs((value ?? Number.NaN) - expected) <= expected / 10, `${value} for ${expected}`);

test('half and 95 % of the times, of each provider by itself', () => {
  const { took, read, names } = readings();
  for (let n = 0; n < 90; n += 1) took('openai', 200, 1000);
  for (let n = 0; n < 10; n += 1) took('openai', 3000, 9000);
  took('mistral', 50, null);
  const openai = read('openai');
  near(openai?.firstToken.p50, 200);
  near(openai?.firstToken.p95, 3000);
  near(openai?.duration.p50, 1000);
  near(openai?.duration.p95, 9000);
  near(read('mistral')?.firstToken.p95, 50);
  assert.deepEqual(read('mistral')?.duration, { p50: null, p95: null });
  assert.equal(openai?.lastError, null);
  assert.deepEqual(names(), ['openai', 'mistral']);
});

test('what is older than an hour is forgotten, and what is younger is not', () => {
  const { took, read, clock } = readings();
  took('openai', 9000, 9000);
  clock.now += 50 * minuteMs;
  took('openai', 100, 100);
  near(read('openai')?.firstToken.p95, 9000);
  clock.now += 15 * minuteMs;
  near(read('openai')?.firstToken.p95, 100);
  clock.now += 24 * 60 * minuteMs;
  assert.deepEqual(read('openai')?.firstToken, { p50: null, p95: null });
});

test('a clock that was set back neither fails nor shows what is yet to come', () => {
  const { took, read, clock } = readings();
  took('openai', 9000, 9000);
  clock.now -= 120 * minuteMs;
  took('openai', 100, -5);
  near(read('openai')?.firstToken.p95, 100);
  assert.deepEqual(read('openai')?.duration, { p50: 0, p95: 0 });
});

test('the failure that was last stays, in whatever order the answers end', () => {
  const { failed, read, clock } = readings();
  failed('openai', 'late', 2000, 429);
  failed('openai', 'early', 1000, 500);
  failed('mistral', 'no response', 3000);
  clock.now += 24 * 60 * minuteMs;
  assert.deepEqual(read('openai')?.lastError, { reason: 'late', at: 2000, status: 429 });
  assert.deepEqual(read('mistral')?.lastError, { reason: 'no response', at: 3000, status: undefined });
});
