/** Which model is the default where nobody chose one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestFirst } from '../../../src/models/discovery/best-first.ts';

const first = (names: readonly string[], documented?: string) =>
  bestFirst(
    names.map((name) => ({ name })),
    documented,
  )[0]?.name;

const cases: readonly [
  what: string,
  names: readonly string[],
  best: string | undefined,
  documented?: string,
][] = [
  ['the documented default', ['gpt-5', 'gpt-4o-mini', 'gpt-4.1-mini'], 'gpt-4.1-mini', 'gpt-4.1-mini'],
  ['a small one, where that is not offered', ['gpt-5', 'gpt-5-mini'], 'gpt-5-mini', 'gpt-4.1-mini'],
  [
    'no flagship because it stands first',
    ['claude-opus-4', 'claude-sonnet-4', 'claude-haiku-4'],
    'claude-haiku-4',
  ],
  ['no flagship where nothing is small', ['claude-opus-4', 'claude-sonnet-4'], 'claude-sonnet-4'],
  ['no giant', ['Llama-3.1-405B-Instruct', 'Llama-3.3-70B-Instruct'], 'Llama-3.3-70B-Instruct'],
  ['an undated name', ['gpt-4o-mini-2024-07-18', 'gpt-4o-mini'], 'gpt-4o-mini'],
  ['a small one though it is dated', ['grok-4', 'grok-4-fast-20260101'], 'grok-4-fast-20260101'],
  ['the small one that is not a preview', ['gemini-3-flash-preview', 'gemini-2.5-flash'], 'gemini-2.5-flash'],
  ['no model for code', ['grok-code-fast-1', 'grok-4', 'grok-4-fast'], 'grok-4-fast'],
  ['rather a large one than one for code', ['codex-mini-latest', 'gpt-5-pro'], 'gpt-5-pro'],
  [
    'none for other special work',
    ['gpt-4o-mini-search-preview', 'voxtral-mini-latest', 'qwen-mt-turbo', 'gpt-4.1'],
    'gpt-4.1',
  ],
  ['the first, where nothing tells', ['llama3.2:latest', 'qwen3:8b'], 'llama3.2:latest'],
  ['the only one, whatever it is', ['some-ultra-max'], 'some-ultra-max'],
  ['none of none', [], undefined],
];
for (const [what, names, best, documented] of cases) {
  test(what, () => assert.equal(first(names, documented), best));
}

test('the others keep their order', () => {
  const models = ['c-pro', 'a', 'b-mini', 'd'].map((name) => ({ name }));
  assert.deepEqual(
    bestFirst(models, undefined).map(({ name }) => name),
    ['b-mini', 'c-pro', 'a', 'd'],
  );
});
