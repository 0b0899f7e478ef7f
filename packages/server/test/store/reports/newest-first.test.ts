/** Pages of a long list whose filter lets hardly anything pass. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TimePlace } from '../../../src/store/queries/page.ts';
import { type Looked, pageNewestFirst } from '../../../src/store/reports/newest-first.ts';

/** A list of `count` rows, newest first, of which those of `passing` pass. Counts what was looked at. */
function listOf(count: number, passing: (n: number) => boolean) {
  const rows: Looked[] = Array.from({ length: count }, (_, n) => ({
    id: String(n).padStart(8, '0'),
    // Many rows are of one millisecond.
    createdAt: Math.floor(n / 7),
    matches: passing(n),
  })).reverse();
  const list = {
    looked: 0,
    async look(limit: number, after: TimePlace | undefined): Promise<readonly Looked[]> {
      const start = after === undefined ? 0 : rows.findIndex(({ id }) => id === after.id) + 1;
      const page = rows.slice(start, start + limit);
      list.looked += page.length;
      return page;
    },
    async all(
      limit: number,
      isFiltered = true,
    ): Promise<{ ids: string[]; mostLooked: number; pages: number }> {
      const ids: string[] = [];
      let after: TimePlace | undefined;
      let mostLooked = 0;
      for (let pages = 1; ; pages += 1) {
        list.looked = 0;
        const { data, next } = await pageNewestFirst({ limit, after }, isFiltered, list.look);
        assert.ok(data.length <= limit);
        mostLooked = Math.max(mostLooked, list.looked);
        ids.push(...data.map(({ id }) => id));
        if (next === null) return { ids, mostLooked, pages };
        after = next;
      }
    },
  };
  return { list, right: rows.filter(({ matches }) => matches).map(({ id }) => id) };
}

test('every row that passes is in exactly one page, whatever the page and the filter are', async () => {
  for (const limit of [1, 3, 50, 1000]) {
    for (const every of [1, 2, 997, 5000]) {
      const { list, right } = listOf(5003, (n) => n % every === 0);
      assert.deepEqual((await list.all(limit)).ids, right, `${limit} of every ${every}`);
    }
  }
});

test('a page looks at a bounded number of rows, and leads on where none of them passes', async () => {
  const { list, right } = listOf(70_001, (n) => n === 0);
  const { ids, mostLooked, pages } = await list.all(50);
  assert.deepEqual(ids, right);
  assert.ok(mostLooked <= 20_000, `${mostLooked}`);
  assert.ok(pages >= 4);
});

test('without a filter a page reads one row more than it holds', async () => {
  const { list, right } = listOf(500, () => true);
  const { ids, mostLooked } = await list.all(50, false);
  assert.deepEqual(ids, right);
  assert.equal(mostLooked, 51);
});
