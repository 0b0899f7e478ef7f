/** What the search index takes in, whatever a text holds; on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { sql } from 'kysely';
import { catchUp, indexNext, startSearchIndexer } from '../../../src/store/search/indexer.ts';
import { hasPending } from '../../../src/store/search/pending.ts';
import type { Store } from '../../../src/store/store.ts';
import { acceptAs, type EngineHarness, startEngineHarness } from '../../generation/engines.ts';

const step = { maxTexts: 32, maxLength: 10_000_000 };
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

/** Texts that an index would not take, or not in time, if it took them whole. */
const monsters: Readonly<Record<string, () => string>> = {
  'more words than PostgreSQL takes': () => longWords(8000),
  'ligatures of eighteen letters': () =>
    Array.from({ length: 16_000 }, (_, n) => 'ﷺ'.repeat(20) + n.toString(36)).join(' '),
  'a word of nine million letters': () => 'x'.repeat(9_000_000),
  'a word of nine million letters with accents': () => 'é'.repeat(4_500_000),
  'a letter with a million marks': () => `a${'\u0301'.repeat(1_000_000)}`,
  'a million emoji in one': () => '👩\u200d'.repeat(300_000),
  'a million signs without a blank': () => '東'.repeat(1_000_000),
  'nothing but invisible signs': () => '\u200b'.repeat(1_000_000),
};

async function find(h: EngineHarness, query: string): Promise<number> {
  return (await h.place.store.search(h.scope, query, { limit: 10, offset: 0 })).length;
}

onBothStores('the search index', (storeEngine) => {
  for (const [name, text] of Object.entries(monsters)) {
    test(`${name} stops no other text`, async () => {
      await using h = await startEngineHarness(storeEngine);
      const { store } = h.place;
      const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
      await acceptAs(h, owner, `beginning ${text()}`);
      await acceptAs(h, owner, 'an ordinary text');
      const { refused } = await indexNext(store, step, true);
      assert.deepEqual(refused, []);
      for (const query of ['beginning', 'ordinary']) assert.equal(await find(h, query), 1, query);
      assert.equal(await hasPending(store.reads), false);
    });
  }

  test('a text that the index can’t take is marked, told of once and passed over', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { store } = h.place;
    const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
    const poison = await acceptAs(h, owner, 'a poisonous text');
    // The title of the test's conversations is their text.
    await store.execute('updateConversation', {
      scope: h.scope,
      id: poison.conversationId,
      changes: { title: 'Other' },
      now: Date.now(),
    });
    await acceptAs(h, owner, 'an ordinary text');
    const poisoned: Store = {
      ...store,
      // What a database refuses: these are no tokens of PostgreSQL's, and no text of SQLite's.
      async prepareSearchIndex(size) {
        const prepared = await store.prepareSearchIndex(size);
        const texts = prepared.texts.map((text) =>
          text.id === poison.userMessageId ? { ...text, tokens: { no: 'text' } as unknown as string } : text,
        );
        return { ...prepared, texts };
      },
    };
    const told: string[] = [];
    const errors: unknown[] = [];
    {
      await using indexer = startSearchIndexer({
        store: poisoned,
        intervalMs: 10,
        onError: (error) => errors.push(error),
        onRefused: ({ kind, id }) => told.push(`${kind} ${id}`),
      });
      while (await hasPending(store.reads)) await new Promise((resolve) => setTimeout(resolve, 10));
      assert.ok(indexer);
    }
    assert.deepEqual([told, errors], [[`message ${poison.userMessageId}`], []]);
    assert.deepEqual([await find(h, 'ordinary'), await find(h, 'poisonous')], [1, 0]);
  });

  test('a search goes on where the index cannot take what is new, or the words cannot be made', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { store } = h.place;
    const { reads } = store;
    const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
    await acceptAs(h, owner, 'an ordinary text');
    let steps = 0;
    const fail = async (): Promise<never> => {
      steps += 1;
      throw new Error('the disk is full');
    };
    const prepareSearchIndex = store.prepareSearchIndex.bind(store);
    await catchUp({ reads, execute: fail, prepareSearchIndex });
    await catchUp({ reads, execute: fail, prepareSearchIndex: fail });
    assert.equal(steps, 2);
  });

  test('a search finds what somebody else was indexing when it began, and waits for nobody for long', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { store } = h.place;
    const { reads } = store;
    const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
    await acceptAs(h, owner, 'an ordinary text');
    const { texts } = await store.prepareSearchIndex(step);
    const prepareSearchIndex = store.prepareSearchIndex.bind(store);
    let looks = 0;
    // What a server sees of rows that another one has locked.
    const lockedUntil = (last: number) => async () => {
      looks += 1;
      if (looks === last) await store.execute('indexSearch', { texts, marksRefused: false });
      return { refused: [], done: 0 } as never;
    };
    await catchUp({ reads, execute: lockedUntil(Number.POSITIVE_INFINITY), prepareSearchIndex });
    assert.ok(looks > 1 && looks < 100, `${looks} looks`);
    looks = 0;
    await catchUp({ reads, execute: lockedUntil(3), prepareSearchIndex });
    assert.deepEqual([looks, await hasPending(reads)], [3, false]);
    assert.deepEqual(await store.execute('indexSearch', { texts, marksRefused: false }), {
      refused: [],
      done: 0,
    });
  });

  test('a title that changes while its words are made is indexed anew', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { store } = h.place;
    const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
    const turn = await acceptAs(h, owner, 'old words');
    const { texts } = await store.prepareSearchIndex(step);
    await store.execute('updateConversation', {
      scope: h.scope,
      id: turn.conversationId,
      changes: { title: 'Novelty' },
      now: Date.now(),
    });
    await store.execute('indexSearch', { texts, marksRefused: true });
    assert.equal(await hasPending(store.reads), true);
    assert.equal(await find(h, 'novelty'), 1);
  });

  test('no word stands in the index', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { store } = h.place;
    const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
    await acceptAs(h, owner, 'xylophone');
    const { texts } = await store.prepareSearchIndex(step);
    assert.equal(JSON.stringify(texts.map(({ tokens }) => tokens)).includes('xylo'), false);
    await store.execute('indexSearch', { texts, marksRefused: true });
    const { rows } = await sql`select * from search_document`.execute(store.reads);
    assert.ok(rows.length > 0);
  });
});
