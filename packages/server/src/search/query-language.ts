/** Which language's Wikipedia a query is for: by its script, and for the Latin one by small words. */

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

/** Words that stand in questions of one of these languages and hardly in the others'. */
const smallWords: Readonly<Record<string, string>> = {
  en: 'the of is are was what which who how when where why does did and with for from to',
  de: 'der das und ist sind wie wer wann wo warum welche welcher wird nicht ein eine von für',
  fr: 'le les et est sont quel quelle qui quand où pourquoi comment une du des dans pour',
  es: 'el los las y es son qué cuál quién cuándo dónde cómo una del para por',
  it: 'il gli è sono quale chi quando dove perché come della dei nel per',
  pt: 'os é são qual quem quando onde como uma do dos das para não',
  nl: 'het een is zijn wie wat wanneer waar waarom hoe van voor niet',
};

/** `fallback` where the query says nothing of its language, as names and keywords do not. */
export function languageOf(query: string, fallback: string): string {
  const script = scripts.find(([pattern]) => pattern.test(query));
  if (script !== undefined) return script[1];
  const words = query.toLowerCase().match(/\p{L}+/gu) ?? [];
  let [best, bestCount, tied] = [fallback, 1, false];
  for (const [language, list] of Object.entries(smallWords)) {
    const known = new Set(list.split(' '));
    const count = words.filter((word) => known.has(word)).length;
    if (count > bestCount) [best, bestCount, tied] = [language, count, false];
    else if (count === bestCount) tied = true;
  }
  return bestCount > 1 && !tied ? best : fallback;
}
