/** Pages of rows end where they are full, and read few rows beyond. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import { sql } from 'kysely';
import { inSteps, isInRange, maxPageBytes, type ReadRows, readFull } from '../../src/store/queries/page.ts';

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

test('steps grow while reads are brief, and are as small as at first behind one that holds the thread', async () => {
  const limits: number[] = [];
  const { source } = rows(1000);
  const read: ReadRows<Row> = (after, limit) => {
    const until = performance.now() + 2;
    while (limits.length === 2 && performance.now() < until);
    limits.push(limit);
    return source(after, limit);
  };
  const seen: number[] = [];
  for await (const { n } of inSteps(read, { fewest: 8, most: 500 })) seen.push(n);
  assert.deepEqual(seen, upTo(1000));
  assert.deepEqual([limits[0], limits[3]], [8, 8]);
  assert.ok(limits.some((limit) => limit > 8));
  assert.ok(limits.every((limit) => limit <= 500));
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

onBothStores('pages by time', (engine) => {
  test('a range and a place bound a page from above once, by the lower of them', async () => {
    await using place = await openTestStore(engine);
    const { reads } = place.store;
    const idAt = (at: number) => `id-${at}`;
    const rows = reads
      .selectFrom(
        sql<{ created_at: number; id: string }>`(
        select 10 as created_at, ${idAt(10)} as id union all select 20, ${idAt(20)} union all select 30, ${idAt(30)}
        union all select 30, 'id-31' union all select 40, ${idAt(40)})`.as('list'),
      )
      .select('id')
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc');
    const cases = [
      { range: {}, at: undefined, found: ['id-40', 'id-31', 'id-30', 'id-20', 'id-10'], bounds: [] },
      { range: { from: 20, to: 40 }, at: undefined, found: ['id-31', 'id-30', 'id-20'], bounds: [40] },
      { range: { from: 20, to: 40 }, at: 30, found: ['id-20'], bounds: [30, 30] },
      { range: { to: 40 }, at: 40, found: ['id-31', 'id-30', 'id-20', 'id-10'], bounds: [40] },
      { range: { to: 30 }, at: 40, found: ['id-20', 'id-10'], bounds: [30] },
      { range: { from: 30 }, at: 40, found: ['id-31', 'id-30'], bounds: [40, 40] },
      { range: {}, at: 10, found: [], bounds: [10, 10] },
    ];
    for (const { range, at, found, bounds } of cases) {
      const after = at === undefined ? undefined : { createdAt: at, id: idAt(at) };
      const condition = isInRange(range, after);
      const page = await rows.where(condition).execute();
      assert.deepEqual([...page.map(({ id }) => id)], found, JSON.stringify([range, at]));
      // SQLite begins at the first upper bound that it is given: at the end of the range, for each page.
      const numbers = condition.compile(reads).parameters.filter((value) => typeof value === 'number');
      const below = numbers.slice('from' in range ? 1 : 0);
      assert.deepEqual(below, bounds, JSON.stringify([range, at]));
    }
  });
});
