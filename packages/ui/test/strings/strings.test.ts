/** Every language has every word, in its own form. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directionOf, languageOf, languages, loadStrings } from '../../src/strings/catalogues.ts';
import { en } from '../../src/strings/en.ts';
import type { Strings } from '../../src/strings/strings.ts';
import { troubleOf } from '../../src/strings/troubles.ts';

/** All that a catalogue can say, by name. */
function allOf(strings: Strings): ReadonlyMap<string, string> {
  const counts = [0, 1, 2, 3, 5, 11, 21, 100];
  const troubles = [
    'invalid_request',
    'context_overflow',
    'unauthenticated',
    'forbidden',
    'not_found',
    'rate_limited',
  ];
  const counted = counts.flatMap((count) => [
    [`tableOf ${count}`, strings.tableOf(count)],
    [`thought ${count}`, strings.thought(count)],
    [`sources ${count}`, strings.sources(count)],
    [`retryIn ${count}`, strings.retryIn(count)],
    [`unread ${count}`, strings.unread(count)],
  ]);
  const said = [
    ['answerBy', strings.answerBy('Ada')],
    ['code', strings.code('js')],
    ['image', strings.image('cat')],
    ['toolCall', strings.toolCall('weather')],
    ['queued', strings.queued(2)],
    ['requestId', strings.requestId('r1')],
    ...troubles.map((code) => [code, strings.trouble(troubleOf(code))]),
  ];
  const plain = Object.entries(strings).filter(([, value]) => typeof value === 'string');
  return new Map([...plain, ...said, ...counted] as [string, string][]);
}

for (const language of languages) {
  describe(language, () => {
    test('says all, without a mark of the makers left in it', async () => {
      for (const [name, value] of allOf(await loadStrings(language)))
        assert.ok(value.trim() !== '' && !/[#{}]|undefined/.test(value), `${name}: ${value}`);
    });
    if (language === 'en') return;
    test('says it in its own words', async () => {
      const same = [...allOf(await loadStrings(language))].filter(
        ([name, value]) => allOf(en).get(name) === value,
      );
      // French and English share the plural of a word with eight counts.
      assert.ok(same.length < 16, JSON.stringify(same));
    });
  });
}

test('plurals follow the language', async () => {
  const [polish, arabic] = [await loadStrings('pl'), await loadStrings('ar')];
  assert.deepEqual([1, 2, 5, 22].map(polish.sources), ['1 źródło', '2 źródła', '5 źródeł', '22 źródła']);
  assert.equal(arabic.sources(2), 'مصدران');
});

test('tags lead to the language that there is', async () => {
  assert.equal(languageOf('de-AT'), 'de');
  assert.equal(languageOf('ZH-Hant-TW'), 'zh');
  assert.equal(languageOf('tlh'), 'en');
  assert.equal(languageOf('constructor'), 'en');
  assert.equal(await loadStrings('tlh'), en);
  assert.deepEqual([directionOf('ar-EG'), directionOf('de')], ['rtl', 'ltr']);
});

test('a code of a newer server is the server’s fault', () => {
  assert.equal(troubleOf('no_such_code'), 'server');
  assert.equal(troubleOf('toString'), 'server');
});
