/** Attributes of the element: what they mean, and what is said of those that mean nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AttributeName, readSettings, type Surroundings } from '../src/settings.ts';

const page: Surroundings = {
  scriptServer: 'https://chat.example.com/',
  page: 'https://shop.example/a/b.html',
  language: 'de',
};
const read = (attributes: Partial<Record<AttributeName, string>>, surroundings: Partial<Surroundings> = {}) =>
  readSettings((name) => attributes[name] ?? null, { ...page, ...surroundings });

test('a tag alone floats at the end, speaks as the page does, and asks the server of its script', () => {
  const settings = read({ 'token-endpoint': '/token' });
  assert.deepEqual(
    [
      settings.server,
      settings.tokenEndpoint,
      settings.mode,
      settings.position,
      settings.language,
      settings.history,
    ],
    ['https://chat.example.com', 'https://shop.example/token', 'floating', 'end', 'de', 'server'],
  );
  assert.deepEqual(settings.problems, []);
  assert.equal(read({}, { language: '' }).language, 'en');
  assert.equal(read({ server: 'https://other.example/chat/' }).server, 'https://other.example/chat');
});

test('what is not known is told with what is', () => {
  const { mode, problems } = read({
    mode: 'popup',
    'color-scheme': 'sepia',
    server: 'javascript:alert(1)',
    suggestions: '[1]',
  });
  assert.equal(mode, 'floating');
  assert.deepEqual(problems, [
    'server="javascript:alert(1)" is not an address of http or https',
    'mode="popup" is not known: it may be floating, inline, page',
    'suggestions is not a JSON list of texts: [1]',
    'color-scheme="sepia" is not known: it may be auto, light, dark',
  ]);
});

test('an API key works as a test key on this machine only', () => {
  const local = { page: 'http://localhost:3000/' };
  assert.equal(read({ 'api-key': 'sk_test_1' }, local).apiKey, 'sk_test_1');
  assert.equal(read({ 'api-key': 'sk_test_1' }, { page: 'http://127.0.0.1:3000/' }).apiKey, 'sk_test_1');
  for (const [key, surroundings] of [
    ['sk_prod_1', local],
    ['sk_test_1', {}],
    ['sk_test_1', { page: 'https://localhost.evil.example/' }],
    ['sk_test_1', { page: 'https://127.evil.example/' }],
  ] as const) {
    const { apiKey, problems } = read({ 'api-key': key }, surroundings);
    assert.equal(apiKey, undefined);
    assert.match(problems[0] ?? '', /^api-key is refused/);
  }
});

test('suggestions are a list of texts, eight at most', () => {
  assert.deepEqual(read({ suggestions: '["a","b"]' }).suggestions, ['a', 'b']);
  assert.equal(read({ suggestions: JSON.stringify(Array(20).fill('x')) }).suggestions?.length, 8);
  for (const wrong of ['', 'a', '{}', '[""]', 'null'])
    assert.equal(read({ suggestions: wrong }).suggestions, undefined);
});
