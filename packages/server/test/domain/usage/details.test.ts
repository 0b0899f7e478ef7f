/** What providers tell of their figures: only what can be true is kept, and calls add up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUsage, estimatedUsage, reportedUsage, unknownUsage } from '../../../src/domain/usage.ts';

const largest = 2 ** 31 - 1;

test('details are no larger than what they are parts of, and none are left out', () => {
  const usage = (details: object) => reportedUsage(50, 7, details);
  const totals = { prompt_tokens: 50, completion_tokens: 7, total_tokens: 57, provenance: 'reported' };
  for (const [told, kept] of [
    [{ cached_tokens: 40, cache_write_tokens: 10, reasoning_tokens: 7 }, undefined],
    [{ cached_tokens: 40, cache_write_tokens: 11, reasoning_tokens: 7 }, { reasoning_tokens: 7 }],
    [{ cached_tokens: 50, reasoning_tokens: 8 }, { cached_tokens: 50 }],
    [{ cached_tokens: 0, cache_write_tokens: 0, reasoning_tokens: 0 }, {}],
    [{ cached_tokens: -1, cache_write_tokens: 0.5 }, {}],
  ] as const)
    assert.deepEqual(usage(told), { ...totals, ...(kept ?? told) });
});

test('calls add up; what is not known adds nothing', () => {
  const one = reportedUsage(50, 7, { cached_tokens: 40, reasoning_tokens: 3 }) ?? assert.fail();
  const other = reportedUsage(10, 5, { cache_write_tokens: 10, reasoning_tokens: 1 }) ?? assert.fail();
  assert.deepEqual(addUsage(one, other), {
    ...{ prompt_tokens: 60, completion_tokens: 12, total_tokens: 72, provenance: 'reported' },
    ...{ cached_tokens: 40, cache_write_tokens: 10, reasoning_tokens: 4 },
  });
  assert.deepEqual(addUsage(unknownUsage, one), one);
  assert.deepEqual(addUsage(one, unknownUsage), one);
  assert.deepEqual(addUsage(one, estimatedUsage(10, 5)), {
    ...{ prompt_tokens: 60, completion_tokens: 12, total_tokens: 72, provenance: 'estimated' },
    ...{ cached_tokens: 40, reasoning_tokens: 3 },
  });
  const huge = reportedUsage(largest, 0, { cached_tokens: largest }) ?? assert.fail();
  assert.deepEqual(addUsage(huge, huge), {
    ...{ prompt_tokens: largest, completion_tokens: 0, total_tokens: largest, provenance: 'estimated' },
  });
});
