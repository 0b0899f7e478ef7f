/** Pages of rows end where they are full, and read few rows beyond. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inSteps, maxPageBytes, type ReadRows, readFull } from '../../src/store/queries/page.ts';

interface Row {
  readonly n: number;
  readonly text: string;
}

function rows(count: number, text: (n: number) => string = () => '') {
  const read: number[] = [];
  const source: ReadRows<Row> = async (after, limit) => {
    const first = (after?.n ?? 0) + 1;
    const length = Math.max(0, Math.min(limit, count - first + 1));
    const found = Array.from({ length }, (_, index) => ({ n: first + index, text: text(first + index) }));
    read.push(...found.map(({ n }) => n));
    return found;
  };
  return { source, read };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test('steps give every row once', async () => {
  for (const count of [0, 1, 31, 32, 33, 64, 100]) {
    const seen: number[] = [];
    for await (const { n } of inSteps(rows(count).source)) seen.push(n);
    assert.deepEqual(seen, upTo(count));
  }
});

test('a page has as many rows as were asked for, and knows whether there are more', async () => {
  for (const [count, limit] of [
    [0, 1],
    [1, 1],
    [2, 1],
    [32, 32],
    [33, 32],
    [500, 100],
    [100, 1000],
  ] as const) {
    const { source, read } = rows(count);
    const page = await readFull(limit, source);
    assert.deepEqual(
      page.rows.map(({ n }) => n),
      upTo(Math.min(count, limit)),
    );
    assert.equal(page.hasMore, count > limit);
    assert.ok(read.length <= limit + 1);
  }
});

test('a page of long rows ends at its bytes, and a row that is longer is one', async () => {
  const { source, read } = rows(1000, () => 'é'.repeat(50_000));
  const page = await readFull(1000, source);
  assert.equal(page.rows.length, Math.floor(maxPageBytes / 100_020));
  assert.ok(page.hasMore);
  assert.ok(read.length <= page.rows.length + 32);
  const giant = rows(3, (n) => 'x'.repeat(n === 2 ? maxPageBytes + 1 : 1));
  assert.equal((await readFull(10, giant.source)).rows.length, 1);
  const first = rows(3, () => 'x'.repeat(maxPageBytes + 1));
  assert.deepEqual([(await readFull(10, first.source)).rows.length], [1]);
});
