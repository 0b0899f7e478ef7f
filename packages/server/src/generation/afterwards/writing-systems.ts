/** Whether a text is written in the writing systems of others: the part of "the same language" that can be seen. */

/** Japanese mixes three scripts, which count as one; so may Chinese. */
const systems: readonly RegExp[] = [
  /\p{Script=Latin}/gu,
  /\p{Script=Cyrillic}/gu,
  /\p{Script=Greek}/gu,
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/gu,
  /\p{Script=Hangul}/gu,
  /\p{Script=Arabic}/gu,
  /\p{Script=Hebrew}/gu,
  /[\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gujarati}\p{Script=Gurmukhi}]/gu,
  /[\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}]/gu,
  /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu,
  /[\p{Script=Armenian}\p{Script=Georgian}\p{Script=Ethiopic}]/gu,
];

/** Characters of each text that are looked at. */
const looked = 2000;
/** A writing system with a smaller share of the letters is that of single names. */
const minShare = 0.25;

/**
 * Whether most letters of a text belong to a writing system that the others use too, or all of its words stand in them,
 * as names do. True where there are no letters to compare.
 */
export function isInScriptsOf(text: string, others: readonly string[]): boolean {
  const sample = others.map((other) => other.slice(0, looked)).join('\n');
  const theirs = countLetters(sample);
  const own = countLetters(text);
  const total = theirs.reduce((sum, count) => sum + count, 0);
  const most = own.indexOf(Math.max(...own));
  if (total === 0 || own[most] === 0) return true;
  if ((theirs[most] ?? 0) / total >= minShare) return true;
  const known = sample.toLowerCase();
  return (text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).every((word) => known.includes(word));
}

function countLetters(text: string): number[] {
  return systems.map((system) => text.match(system)?.length ?? 0);
}
