/** Guesses the language of a query, to choose a Wikipedia: by its script, and for the Latin script by small words. */
import { tellingWords } from '../ranking/function-words.ts';

const scripts: readonly (readonly [RegExp, string])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, 'ja'],
  [/\p{Script=Hangul}/u, 'ko'],
  [/\p{Script=Han}/u, 'zh'],
  [/[іїєґ]/iu, 'uk'],
  [/\p{Script=Cyrillic}/u, 'ru'],
  [/\p{Script=Greek}/u, 'el'],
  [/\p{Script=Hebrew}/u, 'he'],
  [/\p{Script=Arabic}/u, 'ar'],
  [/\p{Script=Devanagari}/u, 'hi'],
  [/\p{Script=Thai}/u, 'th'],
];

/** Returns `fallback` where the query does not show its language, as names and keywords do not. */
export function languageOf(query: string, fallback: string): string {
  const script = scripts.find(([pattern]) => pattern.test(query));
  if (script !== undefined) return script[1];
  const words = query.toLowerCase().match(/\p{L}+/gu) ?? [];
  let [best, bestCount, tied] = [fallback, 1, false];
  for (const [language, list] of Object.entries(tellingWords)) {
    const known = new Set(list);
    const count = words.filter((word) => known.has(word)).length;
    if (count > bestCount) [best, bestCount, tied] = [language, count, false];
    else if (count === bestCount) tied = true;
  }
  return bestCount > 1 && !tied ? best : fallback;
}
