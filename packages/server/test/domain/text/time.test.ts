import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromTime, toDay, toTime, toTimeOrNull } from '../../../src/domain/text/time.ts';

const epochMs = Date.UTC(2026, 10, 22, 20, 30, 59, 120);

test('a time is written in UTC with milliseconds', () => {
  assert.equal(toTime(epochMs), '2026-11-22T20:30:59.120Z');
  assert.equal(toTimeOrNull(epochMs), '2026-11-22T20:30:59.120Z');
  assert.equal(toTimeOrNull(null), null);
  assert.equal(toDay(epochMs), '2026-11-22');
});

test('every form of RFC 3339 is read', () => {
  for (const text of [
    '2026-11-22T20:30:59.12Z',
    '2026-11-22t20:30:59.12z',
    '2026-11-22 20:30:59.12Z',
    '2026-11-22T22:00:59.12+01:30',
    '2026-11-22T20:30:60.12Z',
  ]) {
    assert.equal(fromTime(text), epochMs, text);
  }
  assert.ok(Number.isNaN(fromTime('yesterday')));
});

test('a time that its offset takes out of the years of four digits is none', () => {
  assert.equal(toTime(fromTime('9999-12-31T23:59:59.999Z')), '9999-12-31T23:59:59.999Z');
  assert.equal(toTime(fromTime('0000-01-01T01:00:00+01:00')), '0000-01-01T00:00:00.000Z');
  for (const text of ['9999-12-31T23:59:59-00:01', '0000-01-01T00:00:00+00:01']) {
    assert.ok(Number.isNaN(fromTime(text)), text);
  }
});
