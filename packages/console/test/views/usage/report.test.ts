/** What is made of a usage report: periods, sums, and bars on top of each other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  endOf,
  type Figure,
  intervalsOf,
  mostSeries,
  periodBefore,
  periodOf,
  stacked,
  stackOf,
  sumOf,
  type UsageLine,
} from '../../../src/views/usage/report.ts';

const figure = (total: number): Figure => ({ total, reported: total, estimated: 0, unknown: 0 });
const none = { p50: null, p95: null };

function line(at: string | null, id: string | null, requests: number): UsageLine {
  return {
    interval_start: at,
    groups: [{ by: 'model', id, name: id && `Model ${id}` }],
    requests: figure(requests),
    errors: 1,
    prompt_tokens: figure(requests * 10),
    completion_tokens: figure(requests * 2),
    total_tokens: figure(requests * 12),
    cost: figure(requests / 100),
    unpriced_calls: 0,
    first_token_ms: none,
    duration_ms: none,
  };
}

const period = { from: '2026-11-01T10:00:00.000Z', to: '2026-11-04T10:00:00.000Z' };

test('a period ends with the hour that is under way, and the one before ends where it begins', () => {
  const now = Date.parse('2026-11-27T10:20:00Z');
  const week = periodOf('week', now);
  assert.deepEqual(week, { from: '2026-11-20T11:00:00.000Z', to: '2026-11-27T11:00:00.000Z' });
  assert.deepEqual(periodBefore(week), { from: '2026-11-13T11:00:00.000Z', to: week.from });
});

test('intervals fit their period', () => {
  assert.deepEqual(intervalsOf('day'), ['hour']);
  assert.deepEqual(intervalsOf('month'), ['day', 'hour']);
  assert.deepEqual(intervalsOf('year'), ['month', 'day']);
});

test('every interval has its place, the largest group comes first, lines without a group have one', () => {
  const lines = [
    line('2026-11-01T00:00:00Z', 'a', 1),
    line('2026-11-03T00:00:00Z', 'b', 5),
    line('2026-11-03T00:00:00Z', null, 2),
  ];
  const stack = stackOf(lines, 'requests', 'day', period);
  assert.equal(stack.starts.length, 4);
  assert.deepEqual(
    stack.series.map(({ key, values }) => [key, values]),
    [
      ['b', [0, 0, 5, 0]],
      ['', [0, 0, 2, 0]],
      ['a', [1, 0, 0, 0]],
    ],
  );
  assert.deepEqual(stacked(stack), [
    [1, 0, 7, 0],
    [1, 0, 2, 0],
    [1, 0, 0, 0],
  ]);
});

test('groups beyond the colours are one, and nothing of them is lost', () => {
  const lines = Array.from({ length: mostSeries + 3 }, (_, index) =>
    line('2026-11-02T00:00:00Z', `m${index}`, index + 1),
  );
  const { series } = stackOf(lines, 'tokens', 'day', period);
  assert.equal(series.length, mostSeries + 1);
  assert.equal(series.at(-1)?.key, undefined);
  const all = series.flatMap(({ values }) => values).reduce((sum, value) => sum + value, 0);
  assert.equal(all, sumOf(lines).tokens.total);
});

test('months have their own lengths', () => {
  const { starts } = stackOf([], 'cost', 'month', {
    from: '2026-01-15T00:00:00.000Z',
    to: '2026-04-02T00:00:00.000Z',
  });
  assert.deepEqual(
    starts.map((start) => new Date(start * 1000).toISOString().slice(0, 10)),
    ['2026-01-01', '2026-02-01', '2026-03-01', '2026-04-01'],
  );
  assert.equal(endOf(starts[1] ?? 0, 'month').toISOString(), '2026-03-01T00:00:00.000Z');
});
