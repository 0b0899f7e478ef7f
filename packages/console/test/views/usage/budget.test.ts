/** Budgets: how much is used, when they begin anew, and the line that they are in the plot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetsOf, limitLineOf, topOf } from '../../../src/views/usage/budget.ts';

const now = Date.parse('2026-12-31T23:30:00Z');
const limits = { budget_per_month: 62, tokens_per_day: 1000, requests_per_minute: 5, storage_bytes: null };
const starts = (...times: string[]) => times.map((time) => Date.parse(time) / 1000);

test('limits of a month and of a day are budgets, and begin anew with them, in UTC', () => {
  const budgets = budgetsOf(limits, { budget_per_month: 70 }, now);
  assert.deepEqual(
    budgets.map(({ name, limit, used, renewed }) => [name, limit, used, renewed.toISOString()]),
    [
      ['budget_per_month', 62, 70, '2027-01-01T00:00:00.000Z'],
      ['tokens_per_day', 1000, 0, '2027-01-01T00:00:00.000Z'],
    ],
  );
  const [, ofDay] = budgetsOf(limits, {}, Date.parse('2026-02-27T00:00:00Z'));
  assert.equal(ofDay?.renewed.toISOString(), '2026-02-28T00:00:00.000Z');
  assert.deepEqual(budgetsOf({ requests_per_minute: 5, budget_per_month: null }, {}, now), []);
});

test('the line of a budget fits the intervals', () => {
  const budgets = budgetsOf(limits, {}, now);
  const months = starts('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z');
  const days = starts('2026-01-31T00:00:00Z', '2026-02-01T00:00:00Z');
  const line = (...of: [Parameters<typeof limitLineOf>[1], Parameters<typeof limitLineOf>[2], number[]]) => {
    const found = limitLineOf(budgets, ...of);
    return found && { values: found.values, isShare: found.isShare };
  };
  assert.deepEqual(line('cost', 'month', months), { values: [62, 62], isShare: false });
  assert.deepEqual(line('cost', 'day', days), { values: [2, 62 / 28], isShare: true });
  assert.deepEqual(line('cost', 'hour', days.slice(0, 1)), { values: [2 / 24], isShare: true });
  assert.deepEqual(line('tokens', 'day', days), { values: [1000, 1000], isShare: false });
  assert.deepEqual(line('tokens', 'month', months), { values: [31_000, 28_000], isShare: false });
  assert.deepEqual(line('tokens', 'hour', days.slice(0, 1)), { values: [1000 / 24], isShare: true });
  for (const measure of ['requests', 'errors'] as const) assert.equal(line(measure, 'day', days), undefined);
  assert.equal(limitLineOf(budgetsOf({ tokens_per_day: 5 }, {}, now), 'cost', 'month', months), undefined);
});

test('a line far above the bars does not press them flat', () => {
  assert.equal(topOf(10, 5).top, 10.5);
  assert.deepEqual(topOf(10, 40), { top: 42, isInSight: true });
  assert.deepEqual(topOf(10, 41), { top: 10.5, isInSight: false });
  assert.deepEqual(topOf(0, 8), { top: 8.4, isInSight: true });
  assert.deepEqual(topOf(0, 0), { top: 1, isInSight: true });
});
