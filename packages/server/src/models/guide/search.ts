/** Finds the sections of the documentation that answer a question, also where it uses other words. */
import MiniSearch from 'minisearch';
import type { GuideSection } from './documents.ts';

export interface GuideSearch {
  /** The matching sections, best first. */
  find(question: string, limit: number): GuideSection[];
}

/** Words that do not say what a question is about. */
const emptyWords = new Set(
  (
    'a about all also am an and any are as at be been but by can could did do does for from get give go had has have ' +
    'hello hey hi how i if in into is it its just know like make may me might more much my need no not of on one or ' +
    'our out please should show so some tell than thank thanks that the their them then there these they this those ' +
    'to too us use used using very want was way we well were what when where which who why will with would yes you ' +
    'your colloquy explain help mean possible work'
  ).split(' '),
);

/** Each line holds words that people use for the same thing in this field. */
const synonyms = synonymTable([
  'cancel stop abort interrupt',
  'resume reconnect reconnection replay',
  'delete remove erase erasure forget',
  'install setup start run launch begin quickstart',
  'database sqlite postgres postgresql store storage data',
  'model llm ai provider gpt claude',
  'local offline gguf llama',
  'credential key token login password auth authentication secret',
  'config configuration setting option environment variable configure',
  'error failure fail problem',
  'user member people',
  'persona assistant bot character prompt',
  'stream sse streaming eventsource',
  'limit quota rate',
  'backup restore export',
  'internet web search',
  'scale replica cluster redis',
  'test check',
  'proxy nginx caddy',
]);

/** A section must contain at least this share of the question's words. */
const minCoverage = 0.34;
/** A section's score must be at least this share of the best section's score. */
const minRelativeScore = 0.4;

export function createGuideSearch(sections: readonly GuideSection[]): GuideSearch {
  const index = new MiniSearch<GuideSection & { id: number }>({
    fields: ['heading', 'trail', 'file', 'text'],
    extractField: (section, field) =>
      field === 'trail' ? section.trail.join(' ') : String(section[field as keyof GuideSection]),
    tokenize: words,
    processTerm: stem,
  });
  index.addAll(sections.map((section, id) => ({ ...section, id })));

  return {
    find(question, limit) {
      const terms = [...new Set(words(question).filter((word) => !emptyWords.has(word)))];
      if (terms.length === 0) return [];
      const results = index.search(
        {
          combineWith: 'OR',
          queries: terms.map((term) => ({
            combineWith: 'OR',
            queries: [term, ...(synonyms.get(stem(term)) ?? [])],
          })),
        },
        {
          boost: { heading: 3, trail: 1.5, file: 1.5 },
          prefix: (term) => term.length >= 4,
          // Two letters that changed places count as two edits.
          fuzzy: (term) => (term.length >= 6 ? 2 : false),
          weights: { fuzzy: 0.3, prefix: 0.5 },
          // How something is used matters more to a reader than why it was decided.
          boostDocument: (id) => (sections[id as number]!.file.includes('decisions/') ? 0.4 : 1),
        },
      );
      const best = results[0]?.score ?? 0;
      return results
        .filter((result) => result.score >= best * minRelativeScore)
        .filter((result) => covered(terms, result.queryTerms) >= minCoverage)
        .slice(0, limit)
        .map((result) => sections[result.id as number]!);
    },
  };
}

function covered(terms: readonly string[], matched: readonly string[]): number {
  const hits = new Set(matched);
  const count = terms.filter((term) => {
    const base = stem(term);
    return hits.has(base) || synonyms.get(base)?.some((synonym) => hits.has(synonym));
  });
  return count.length / terms.length;
}

/** Splits at everything but letters and digits, so that `OPENAI_API_KEY` is found by its parts too. */
function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Removes the endings of English plurals and verbs. Both the sections and the question go through it. */
function stem(word: string): string {
  if (word.length <= 3) return word;
  return word
    .replace(/ies$/, 'y')
    .replace(/(?<=[^s])s$/, '')
    .replace(/(?<=\w{3})(ing|ed)$/, '')
    .replace(/(?<=\w{3})e$/, '')
    .replace(/([^aeiousl])\1$/, '$1');
}

function synonymTable(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const table = new Map<string, string[]>();
  for (const line of lines) {
    const group = line.split(' ').map(stem);
    for (const word of group)
      table.set(word, [...(table.get(word) ?? []), ...group.filter((other) => other !== word)]);
  }
  return table;
}
