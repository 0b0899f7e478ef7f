/** What the doctor makes of the times at which events came. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buffering, firstByte } from '../../src/doctor/findings.ts';
import type { Probe } from '../../src/doctor/probe-stream.ts';

const intervalMs = 300;

/** A stream of events sent `intervalMs` apart, each with the delay given for it. */
function probeWithDelays(...delaysMs: readonly number[]): Probe {
  const arrivals = delaysMs.map((delayMs, index) => ({
    n: index + 1,
    sentMs: index * intervalMs,
    arrivedMs: index * intervalMs + delayMs,
  }));
  return { status: 200, headers: {}, headersMs: 1, arrivals, end: 'ended', endedMs: 9000, body: '' };
}

/** [case, delay of each event in milliseconds, whether they were held back] */
const cases: readonly (readonly [string, readonly number[], boolean])[] = [
  ['even', [2, 3, 2, 4, 2, 3, 2, 2], false],
  ['a far server', [180, 190, 185, 181, 200, 190, 182, 181], false],
  ['a machine that falters once', [2, 3, 640, 340, 40, 3, 2, 2], false],
  ['all at the end', [2100, 1800, 1500, 1200, 900, 600, 300, 2], true],
  ['by the second', [900, 600, 300, 2, 900, 600, 300, 2], true],
  ['in pairs', [302, 2, 303, 3, 302, 2, 303, 3], true],
];

describe('events that are held back', () => {
  for (const [name, delays, isBad] of cases) {
    test(name, () => {
      const probe = probeWithDelays(...delays);
      const verdict = isBad ? 'bad' : 'ok';
      assert.deepEqual([firstByte(probe, intervalMs).verdict, buffering(probe).verdict], [verdict, verdict]);
    });
  }

  test('no event at all', () => {
    assert.equal(firstByte(probeWithDelays(), intervalMs).verdict, 'bad');
  });
});
