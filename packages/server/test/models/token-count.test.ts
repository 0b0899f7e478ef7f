/** The tokenizer against js-tiktoken's own encoder, its bounds, and the estimate until it is loaded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tiktoken } from 'js-tiktoken/lite';
import vocabulary from 'js-tiktoken/ranks/o200k_base';
import { createTokenCounter, estimateTokens, loadTokenizer } from '../../src/models/token-count.ts';

test('counts what js-tiktoken counts', async () => {
  const countTokens = await loadTokenizer();
  const reference = new Tiktoken(vocabulary);
  const texts = [
    '',
    'Hello, world!',
    "It's  two  blanks,\n\n\tand 1234567 digits; isn't it?",
    '汉字测试没有空格的长文本',
    'Привет, мир! Γειά σου Κόσμε',
    '👩‍👩‍👧 family',
    'const f = (x) => ({ ...x, y: 1 });\n  return f;',
    'antidisestablishmentarianism',
    'x'.repeat(200),
    '<|endoftext|>',
    'lone \ud800 surrogate',
  ];
  for (const text of texts)
    assert.equal(countTokens(text), reference.encode(text, [], []).length, JSON.stringify(text));
});

test('long words and long texts stay near the truth', async () => {
  const countTokens = await loadTokenizer();
  const word = countTokens('a'.repeat(8_000));
  assert.ok(word >= 1_000 && word <= 1_032, `${word}`);
  const text = countTokens('The quick brown fox. '.repeat(50_000));
  assert.ok(Math.abs(text - 250_000) < 5_000, `${text}`);
});

test('a counter estimates until its vocabulary is there, which is read once', async () => {
  const counter = createTokenCounter();
  assert.equal(counter.countTokens('a'.repeat(800)), 200);
  assert.equal(counter.countTokens('a'.repeat(800)), estimateTokens('a'.repeat(800)));
  assert.equal(counter.load(), counter.load());
  await counter.load();
  assert.equal(counter.countTokens('a'.repeat(800)), 100);
});
