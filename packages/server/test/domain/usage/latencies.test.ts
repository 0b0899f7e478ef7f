/** Percentiles from 64 buckets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketCount, Latencies } from '../../../src/domain/usage/latencies.ts';

/** The nearest rank, exactly. */
function exact(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] as number;
}

function latenciesOf(times: readonly number[]): Latencies {
  const latencies = new Latencies();
  for (const ms of times) latencies.add(ms);
  return latencies;
}

test('one time of any length up to twelve minutes is told within 10 %', () => {
  for (let ms = 0; ms <= 720_000; ms += ms < 5000 ? 1 : 97) {
    const told = latenciesOf([ms]).percentile(0.5) as number;
    // What is rounded to whole milliseconds may be half a millisecond off besides.
    assert.ok(Math.abs(told - ms) <= ms * 0.1 + 0.5, `${told} for ${ms}`);
  }
});

test('longer ones and fractions have a bucket too', () => {
  assert.ok((latenciesOf([86_400_000]).percentile(1) as number) > 600_000);
  assert.equal(latenciesOf([0.4]).percentile(0.5), 0);
  const buckets = new Set(Array.from({ length: 100_000 }, (_, n) => latenciesOf([n * 20]).toString()));
  assert.ok(buckets.size <= bucketCount);
});

test('percentiles of many times are within 10 % of the nearest rank', () => {
  let state = 7;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const times = Array.from({ length: 5000 }, () => Math.round(Math.exp(2 + 9 * random())));
  const latencies = latenciesOf(times);
  for (const share of [0.01, 0.5, 0.95, 1]) {
    const [told, right] = [latencies.percentile(share) as number, exact(times, share)];
    assert.ok(Math.abs(told - right) <= right * 0.1 + 0.5, `${told} for ${right}`);
  }
});

test('texts add up, in any order and several at once, and are taken away again', () => {
  const [one, other] = [latenciesOf([10, 20, 20]), latenciesOf([20, 3000])];
  const both = new Latencies();
  both.addText(`${other} ${one}`);
  assert.equal(both.toString(), latenciesOf([10, 20, 20, 20, 3000]).toString());
  both.addText(other.toString(), -1);
  assert.equal(both.toString(), one.toString());
  both.addText(one.toString(), -1);
  assert.equal(both.toString(), '');
  assert.equal(both.percentile(0.5), null);
  // Rows without calls leave blanks between texts.
  both.addText(`  ${one} `);
  assert.equal(both.percentile(1), one.percentile(1));
});
