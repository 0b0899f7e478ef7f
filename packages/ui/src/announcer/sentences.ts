/** Splits text into what is said at once. */

/** Whole sentences by the rules of `language`, without blanks around them. */
export function sentencesOf(text: string, language: string): readonly string[] {
  return [...new Intl.Segmenter(language, { granularity: 'sentence' }).segment(text)]
    .map(({ segment }) => segment.trim())
    .filter((segment) => segment !== '');
}

/** The first sentences of a text that fit into `maxLength` characters, at least one of them; `isWhole`: nothing is left out. */
export function beginningOf(
  text: string,
  language: string,
  maxLength: number,
): { readonly text: string; readonly isWhole: boolean } {
  const sentences = sentencesOf(text, language);
  let said = '';
  for (const sentence of sentences) {
    const next = said === '' ? sentence : `${said} ${sentence}`;
    if (next.length > maxLength) {
      if (said === '') said = cut(sentence, maxLength);
      return { text: said, isWhole: false };
    }
    said = next;
  }
  return { text: said, isWhole: true };
}

/** At a blank where there is one, and never inside a sign. */
function cut(sentence: string, maxLength: number): string {
  const start = sentence.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '');
  const blank = start.lastIndexOf(' ');
  return blank > maxLength / 2 ? start.slice(0, blank) : start;
}
