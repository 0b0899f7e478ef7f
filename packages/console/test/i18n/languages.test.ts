/** Every language against the English texts: what it lacks, and whether what it has says the same things. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { catalogue, englishTexts, showLanguage, type Translated } from '../../src/i18n/catalogue.ts';
import { formatNumber, formatTime } from '../../src/i18n/format.ts';
import { chooseLanguage, languages } from '../../src/i18n/languages.ts';

type Text = string | ((...args: unknown[]) => string);

/** What a language lacks is shown in English, so that nobody is held up who adds a text. One that lacks more is not offered. */
const mostMissing = 0.2;

const source = join(import.meta.dirname, '../../src');
for (const name of await readdir(source, { recursive: true })) {
  if (!/(?<!\.d)\.ts$/.test(name) || name.startsWith('i18n')) continue;
  const isPart = /= catalogue\('/.test(await readFile(join(source, name), 'utf8'));
  if (isPart) await import(pathToFileURL(join(source, name)).href);
}

/** Texts by their path, such as `chat.sections.system`. What is no text, such as a number of lines, is left out. */
function textsOf(value: unknown, path = ''): [path: string, text: Text][] {
  if (typeof value === 'string' || typeof value === 'function') return [[path, value as Text]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => textsOf(one, path === '' ? name : `${path}.${name}`));
}

const english = new Map(textsOf(Object.fromEntries(englishTexts)));

/** What is the same in every language: placeholders, variables, parameters, addresses, packages, commands. */
const kept = /\{\{[^}]+\}\}|\b[A-Za-z]+_\w+|https:\/\/[\w.*-]+\w|@\w+\/\w+|colloquy [a-z-]+/g;

/** Numbers for which every language writes the figure, and texts that nobody writes. */
const calls: readonly (readonly unknown[])[] = [
  [7, 12, 23, 48],
  ['‹1›', '‹2›', '‹3›', '‹4›'],
];

function said(text: Text, args: readonly unknown[]): string | undefined {
  if (typeof text === 'string') return text;
  try {
    const told = text(...args);
    return typeof told === 'string' && !/NaN|undefined/.test(told) ? told : undefined;
  } catch {
    // The function takes other kinds of arguments.
    return undefined;
  }
}

test('all catalogues are found', () => {
  assert.ok(englishTexts.size >= 16, [...englishTexts.keys()].join());
  assert.ok(english.size > 800, String(english.size));
});

for (const [code, { load }] of Object.entries(languages)) {
  if (code === 'en') continue;
  const translate = async () => {
    const texts = await load();
    showLanguage(code, texts);
    return new Map(textsOf(texts));
  };
  describe(code, () => {
    test('little of it is missing', async (t) => {
      const translated = await translate();
      const missing = [...english].filter(
        ([path, text]) => text !== '' && !translated.has(path) && path !== 'personas.figures',
      );
      for (const [path] of missing) t.diagnostic(`${code} lacks ${path}`);
      assert.ok(missing.length <= mostMissing * english.size, `${missing.length} texts are missing`);
    });
    test('it has the arguments, placeholders and names of the English texts', async () => {
      const wrong: string[] = [];
      for (const [path, text] of await translate()) {
        const original = english.get(path);
        if (original === undefined) {
          wrong.push(`${path} is no English text`);
          continue;
        }
        for (const args of typeof text === 'string' ? [[]] : calls) {
          const expected = said(original, args);
          if (expected === undefined) continue;
          const told = said(text, args);
          if (told === undefined || /#/.test(told) || (expected !== '' && told.trim() === '')) {
            wrong.push(`${path}: ${told}`);
            continue;
          }
          const marks = args.map(String).filter((mark) => expected.includes(mark));
          for (const part of [...marks, ...(expected.match(kept) ?? [])]) {
            if (!told.includes(part)) wrong.push(`${path}: “${told}” lacks ${part}`);
          }
        }
      }
      assert.deepEqual(wrong, []);
    });
    test('every count has a form', async () => {
      for (const [path, text] of await translate()) {
        if (typeof text === 'string') continue;
        for (const count of [0, 1, 2, 3, 5, 11, 21, 100, 1_000_000]) {
          const told = said(text, [count, count, count, count]);
          assert.ok(told === undefined || (told.trim() !== '' && !told.includes('#')), `${path}: ${told}`);
        }
      }
    });
    test('no sentence is left in English', async () => {
      const same = [...(await translate())].filter(([path, text]) => {
        const told = said(text, calls[1] ?? []);
        const original = english.get(path);
        return (
          told !== undefined &&
          original !== undefined &&
          told === said(original, calls[1] ?? []) &&
          /\p{L}{2,} \p{L}{2,} \p{L}{2,}/u.test(told)
        );
      });
      assert.deepEqual(same, []);
    });
  });
}

test('what a language lacks is English, text by text', () => {
  const english = {
    title: 'Title',
    count: (n: number) => `${n} things`,
    words: { name: { title: 'Name', hint: null, lines: 2 }, other: { title: 'Other', hint: 'Of others' } },
  } as const;
  const strings = catalogue('a part of a test', english);
  showLanguage('de', {
    'a part of a test': { title: 'Titel', words: { other: { hint: 'Von anderen' } } },
  });
  assert.deepEqual(JSON.parse(JSON.stringify(strings())), {
    title: 'Titel',
    words: { name: { title: 'Name', hint: null, lines: 2 }, other: { title: 'Other', hint: 'Von anderen' } },
  });
  assert.equal(strings().count(2), '2 things');
  assert.equal(strings(), strings());
  showLanguage('en', {});
  assert.equal(strings().title, 'Title');
});

test('names that English lacks, and other parameters, do not compile', () => {
  interface Texts {
    readonly title: string;
    readonly count: (n: number) => string;
    readonly words: { readonly name: { readonly title: string; readonly lines: 2 } };
  }
  const right: Translated<Texts> = { count: (n) => `${n}`, words: { name: { title: 'Name' } } };
  // @ts-expect-error
  const superfluous: Translated<Texts> = { titel: 'Titel' };
  // @ts-expect-error
  const deeper: Translated<Texts> = { words: { name: { titel: 'Name' } } };
  // @ts-expect-error
  const parameter: Translated<Texts> = { count: (n: string) => n };
  // @ts-expect-error
  const more: Translated<Texts> = { count: (n: number, of: number) => `${n} ${of}` };
  // @ts-expect-error
  const kind: Translated<Texts> = { title: () => 'Titel' };
  // @ts-expect-error
  const figure: Translated<Texts> = { words: { name: { lines: 2 } } };
  assert.ok([right, superfluous, deeper, parameter, more, kind, figure].every(Boolean));
});

test('the first wanted language that there is, is taken', () => {
  assert.equal(chooseLanguage(['tlh', 'de-AT', 'en']), 'de');
  assert.equal(chooseLanguage(['EN-gb', 'de']), 'en');
  assert.equal(chooseLanguage(['tlh', 'constructor', '']), 'en');
  assert.equal(chooseLanguage([]), 'en');
  assert.equal(chooseLanguage([5 as unknown as string, 'fr']), 'fr');
});

test('numbers and times are of the language that is shown, not of the browser', () => {
  showLanguage('de', {});
  assert.equal(formatNumber(1234.5, 1), '1.234,5');
  assert.match(formatTime('2026-11-27T12:00:00Z'), /^27\.11\.2026/);
  showLanguage('ar', {});
  assert.match(formatTime('2026-11-27T12:00:00Z'), /27.*2026/);
  showLanguage('en', {});
  assert.equal(formatNumber(1234.5, 1), '1,234.5');
});

test('numbers follow the region of the browser, and what is no language is passed over', (t) => {
  const browser = (languages: readonly string[]) =>
    Object.defineProperty(navigator, 'languages', { value: languages, configurable: true });
  const { languages: before } = navigator;
  t.after(() => browser(before));
  browser(['fr', 'de-CH']);
  showLanguage('de', {});
  assert.match(formatNumber(1234.5, 1), /^1.234\.5$/);
  browser(['ar-EG']);
  showLanguage('ar', {});
  assert.equal(formatNumber(12), '12');
  browser(['en-US@posix']);
  showLanguage('en', {});
  assert.equal(formatNumber(1234.5, 1), '1,234.5');
});
