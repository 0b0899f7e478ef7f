/** Passages and their ranking: the right page first, no repetition, and never more tokens than there are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { towerFact, towerParagraphs } from 'colloquy-testkit/web/small-web-pages';
import { termsOf } from '../../../src/research/ranking/bm25.ts';
import { splitPassages } from '../../../src/research/ranking/passages.ts';
import { type ChooseOptions, chooseSources, rankPassages } from '../../../src/research/ranking/rank.ts';

type Pages = Parameters<typeof rankPassages>[0];

async function rankSources({
  pages,
  queries,
  ...options
}: ChooseOptions & { pages: Pages; queries: string[] }) {
  return chooseSources(await rankPassages(pages, queries), options);
}

const countTokens = (text: string) => Math.ceil(text.length / 4);

const tower = { url: 'https://tower.test/', title: 'The tower', text: towerParagraphs.join('\n') };
const garden = {
  url: 'https://garden.test/',
  title: 'The garden',
  text: 'In the garden there are many roses. '.repeat(60).trim(),
};
const weather = {
  url: 'https://weather.test/',
  title: 'Weather',
  text: 'It rains in the valley. '.repeat(40).trim(),
};

test('the page that answers comes first and its passage holds the answer', async () => {
  const ranked = await rankSources({
    pages: [garden, weather, tower],
    queries: ['Vellmar tower height metres', 'How high is the tower of Vellmar?'],
    countTokens,
    budgetTokens: 2_000,
  });
  assert.deepEqual(ranked[0]?.source.url, tower.url);
  assert.equal(ranked[0]?.source.index, 1);
  assert.ok(ranked[0]?.passages.join(' ').includes(towerFact));
  assert.ok(ranked[0]?.source.snippet.includes(towerFact));
  assert.deepEqual(
    ranked.map(({ source }) => source.index),
    ranked.map((_, index) => index + 1),
  );
});

test('a word that all pages share weighs less than the one that tells them apart', async () => {
  const page = (name: string, text: string) => ({ url: `https://${name}.test/`, title: name, text });
  const ranked = await rankSources({
    pages: [
      page('a', 'The city the city the city has a river and the city has a bridge.'),
      page('b', 'The city has an aqueduct.'),
      page('c', 'The city has a wall, the city has gates.'),
    ],
    queries: ['city aqueduct'],
    countTokens,
    budgetTokens: 1_000,
  });
  assert.equal(ranked[0]?.source.title, 'b');
});

test('nearly the same passage of another page is dropped', async () => {
  const copy = { url: 'https://copy.test/', title: 'Copy', text: tower.text.replaceAll('great', 'much') };
  const ranked = await rankSources({
    pages: [tower, copy],
    queries: ['tower'],
    countTokens,
    budgetTokens: 5_000,
  });
  assert.equal(ranked.length, 1);
});

test('one page gives at most so many passages, in the order of the page', async () => {
  const long = Array.from(
    { length: 30 },
    (_, index) => `Tower number ${index} ${`word${index} `.repeat(70)}.`,
  );
  const page = { url: 'https://long.test/', title: 'Long', text: long.join('\n') };
  const [only] = await rankSources({
    pages: [page],
    queries: ['tower 7 word7 word3'],
    countTokens,
    budgetTokens: 90_000,
  });
  assert.equal(only?.passages.length, 3);
  const places = only?.passages.map((passage) => page.text.indexOf(passage)) ?? [];
  assert.deepEqual(
    places,
    places.toSorted((one, other) => one - other),
  );
});

test('the budget holds for every size, and none is left where nothing fits', async () => {
  for (const budgetTokens of [0, 20, 100, 300, 1_000]) {
    const ranked = await rankSources({
      pages: [tower, garden, weather],
      queries: ['tower garden valley'],
      countTokens,
      budgetTokens,
    });
    const all = ranked.flatMap(({ source, passages }) => [source.title, source.url, ...passages]);
    assert.ok(countTokens(all.join('\n')) <= budgetTokens, String(budgetTokens));
    if (budgetTokens <= 20) assert.deepEqual(ranked, []);
    if (budgetTokens === 1_000) assert.equal(ranked.length, 3);
  }
});

test('where no word is shared the order of the search holds', async () => {
  const ranked = await rankSources({
    pages: [tower, garden],
    queries: ['башня'],
    countTokens,
    budgetTokens: 2_000,
  });
  assert.equal(ranked[0]?.source.url, tower.url);
});

test('terms: without case, accents and plural; pairs of characters where there are no blanks', async () => {
  assert.deepEqual(termsOf('Die Brücken, GLASS & the dogs!'), ['die', 'brucken', 'glass', 'the', 'dog']);
  assert.deepEqual(termsOf('東京塔 is'), ['東京', '京塔', 'is']);
});

test('passages lose nothing, are of the size meant, and end with sentences', async () => {
  const sentence = 'This sentence has some eighty characters, so that several of them make a passage. ';
  const text = `${sentence.repeat(40)}\nShort line\n${'x'.repeat(3_000)}\n${'漢字です。'.repeat(300)}`;
  const passages = splitPassages(text);
  assert.equal(passages.join('').replace(/\s/g, ''), text.replace(/\s/g, ''));
  for (const passage of passages) assert.ok(passage.length <= 800, passage);
  assert.match(passages[0] ?? '', /^This sentence.*passage\.$/);
  assert.ok((passages[0] ?? '').length >= 400);
  assert.deepEqual(splitPassages(''), []);
  // No passage is cut within a character.
  for (const passage of splitPassages('😀'.repeat(2_001))) assert.ok(passage.isWellFormed());
});

test('pages of the same passage, and of signs that stand for whole sentences, come to an end', async () => {
  const page = (path: string, text: string) => ({
    url: `https://hostile.test/${path}`,
    title: text.slice(0, 200),
    text,
  });
  const piece = 60_000;
  const pages = [
    page('same', 'The tower is 60 metres high. '.repeat(piece / 29)),
    page('expanding', '\ufdfa'.repeat(piece)),
    page('expanding-words', '\ufdfa '.repeat(piece / 2)),
    page('lines', 'a\n'.repeat(piece / 2)),
    page('marks', 'a\u0301\u0302'.repeat(piece / 3)),
  ];
  let counted = 0;
  const ranked = await rankSources({
    pages,
    queries: ['tower', '\ufdfa', 'a'],
    budgetTokens: 100_000,
    countTokens: (text) => {
      counted += text.length;
      return countTokens(text);
    },
  });
  assert.ok(ranked.length > 0);
  // 64 passages of 800 characters, and the headings of pages.
  assert.ok(counted <= 64 * 800 + 5 * 300, `${counted} characters were counted`);
});

test('the words of a text are at most four times as long as the text', () => {
  const terms = termsOf('\ufdfa'.repeat(1000));
  assert.ok(terms.join('').length <= 4000);
});
