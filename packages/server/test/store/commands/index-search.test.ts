/** What the search index takes in, whatever a text holds; on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { catchUp } from '../../../src/store/search/indexer.ts';
import { acceptAs, startEngineHarness } from '../../generation/engines.ts';

const hangul = { first: 0xac00, count: 11_172 };

/** Different words of sixty signs, each of three bytes in UTF-8. */
function longWords(count: number): string {
  const words = Array.from({ length: count }, (_, word) =>
    Array.from({ length: 60 }, (_, place) =>
      String.fromCodePoint(hangul.first + ((word * 61 + place * place + word * place) % hangul.count)),
    ).join(''),
  );
  return words.join(' ');
}

onBothStores('the search index', (storeEngine) => {
  test('a text of more words than PostgreSQL takes stops no other text', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { store } = h.place;
    const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
    await acceptAs(h, owner, `beginning ${longWords(8000)}`);
    await acceptAs(h, owner, 'an ordinary text');
    await store.execute('indexSearch', { maxTexts: 32, maxLength: 10_000_000 });
    for (const query of ['beginning', 'ordinary']) {
      const found = await store.search(h.scope, query, { limit: 10, offset: 0 });
      assert.equal(found.length, 1, query);
    }
  });

  test('a search goes on where the index cannot take what is new', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { reads } = h.place.store;
    const { owner } = await h.place.store.execute('registerOwner', { leaseMs: 60_000 });
    await acceptAs(h, owner, 'an ordinary text');
    let steps = 0;
    const execute = async (): Promise<never> => {
      steps += 1;
      throw new Error('the disk is full');
    };
    await catchUp({ reads, execute });
    assert.equal(steps, 1);
  });
});
