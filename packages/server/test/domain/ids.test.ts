import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIdSource, isUuid, newId } from '../../src/domain/ids.ts';

test('ids ascend within a millisecond, and when the clock goes back', () => {
  const times = [
    1_764_000_000_000, 1_764_000_000_000, 1_764_000_000_001, 1_763_999_999_000, 1_764_000_000_002,
  ];
  const ids: string[] = [];
  for (const time of times) {
    const source = createIdSource(() => time);
    ids.push(source());
  }
  assert.deepEqual(
    ids.map((id) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)),
    times,
  );
  let at = 0;
  const source = createIdSource(() => times[at++ % times.length] ?? 0);
  const made = Array.from({ length: 5000 }, source);
  assert.deepEqual(made, made.toSorted());
  assert.equal(new Set(made).size, made.length);
});

test('ids are UUIDs of version 7 whose random part differs, beyond one draw too', () => {
  const ids = Array.from({ length: 2000 }, newId);
  for (const id of ids) {
    assert.ok(isUuid(id));
    assert.match(id, /^.{14}7.{4}[89ab]/);
  }
  assert.equal(new Set(ids.map((id) => id.slice(26))).size, ids.length);
});
