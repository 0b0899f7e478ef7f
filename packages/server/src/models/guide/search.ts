/** Finds the sections of the documentation that answer a question, also where it uses other words. */
import MiniSearch from 'minisearch';
import type { GuideSection } from './documents.ts';
import { operationsFile } from './operations.ts';
import { settingsFile } from './settings.ts';
import { nearestWord } from './spelling.ts';
import { emptyWords, synonymLines, translations } from './vocabulary.ts';

export interface GuideSearch {
  /** The matching sections, best first. */
  find(question: string, limit: number): GuideSection[];
  /** Whether a question has words that say what it is about. */
  hasSubject(question: string): boolean;
  /** Gives a function that counts how many of a question's words a text has, others for the same thing included. */
  relevance(question: string): (text: string) => number;
}

/** A section must contain at least this share of the question's words. */
const minCoverage = 0.34;
/** A section's score must be at least this share of the best section's score. */
const minRelativeScore = 0.4;
/** Characters, and words, of a question that are looked at. */
const maxQuestion = 2000;
const maxTerms = 40;

const synonyms = synonymTable(synonymLines);

export function createGuideSearch(sections: readonly GuideSection[]): GuideSearch {
  /** Words that are spelled right. */
  const vocabulary = new Set([...emptyWords, ...synonymLines.flatMap((line) => line.split(' '))]);
  const index = new MiniSearch<GuideSection & { id: number }>({
    fields: ['heading', 'trail', 'file', 'text'],
    extractField: (section, field) =>
      field === 'trail' ? section.trail.join(' ') : String(section[field as keyof GuideSection]),
    tokenize: words,
    processTerm: (term) => (emptyWords.has(term) ? null : stem(term)),
  });
  index.addAll(sections.map((section, id) => ({ ...section, id })));
  for (const section of sections)
    for (const word of words(`${section.heading} ${section.trail.join(' ')} ${section.text}`))
      vocabulary.add(word);

  /** The words that a question is about, as the index has them. */
  function termsOf(question: string): readonly Term[] {
    const english = words(inEnglish(question.slice(0, maxQuestion).toLowerCase()));
    const terms = new Map<string, Term>();
    for (const written of english.slice(0, maxTerms)) {
      const word = spelled(written);
      if (emptyWords.has(word) || /^\d{1,2}$/.test(word)) continue;
      const term = stem(word);
      const isGuessed = word !== written && terms.get(term)?.isGuessed !== false;
      terms.set(term, { term, isGuessed });
    }
    return [...terms.values()];
  }

  function spelled(word: string): string {
    return vocabulary.has(word) ? word : (nearestWord(word, vocabulary) ?? word);
  }

  return {
    hasSubject: (question) => termsOf(question).length > 0,
    relevance(question) {
      const meant = termsOf(question).map(({ term }) => new Set([term, ...(synonyms.get(term) ?? [])]));
      return (text) => {
        const found = new Set(words(text).map(stem));
        return meant.filter((group) => !group.isDisjointFrom(found)).length;
      };
    },
    find(asked, limit) {
      const question = asked.slice(0, maxQuestion);
      const terms = termsOf(question);
      const inCapitals = question.toUpperCase();
      if (terms.length === 0) return [];
      const results = index.search(
        {
          combineWith: 'OR',
          queries: terms.map(({ term }) => ({
            combineWith: 'OR',
            queries: [term, ...synonymsOf(term)],
          })),
        },
        {
          boost: { heading: 3, trail: 1.5, file: 1.5 },
          prefix: (term) => term.length >= 4,
          weights: { fuzzy: 0.3, prefix: 0.5 },
          // They are stemmed already.
          processTerm: (term) => term,
          boostDocument: (id) => weightOf(sections[id as number]!, inCapitals),
        },
      );
      const covering = results.filter((result) => covered(terms, result.queryTerms) >= minCoverage);
      const best = covering[0]?.score ?? 0;
      return covering
        .filter((result) => result.score >= best * minRelativeScore)
        .slice(0, limit)
        .map((result) => sections[result.id as number]!);
    },
  };
}

/** What somebody said counts more than what they may have meant, however many words there are for that. */
function synonymsOf(term: string) {
  const others = synonyms.get(term) ?? [];
  const boost = Math.min(0.5, 2 / others.length);
  return others.map((other) => ({
    queries: [other],
    combineWith: 'OR' as const,
    boostTerm: () => boost,
    prefix: false,
  }));
}

/** How something is used matters more to a reader than how it is built, or why it was decided. */
function weightOf({ file, heading }: GuideSection, inCapitals: string): number {
  if (file === settingsFile) return inCapitals.includes(heading) ? 3 : 0.35;
  if (file === operationsFile) return 0.6;
  if (file.includes('decisions/')) return 0.3;
  if (/contributing\/|CONTRIBUTING|benchmarks/.test(file)) return 0.15;
  if (file.endsWith('first-steps.md')) return 1.6;
  return /architecture|dialects/.test(file) ? 0.6 : 1;
}

/** A word that a question is about. */
interface Term {
  readonly term: string;
  /** Whether it was written otherwise and is the nearest word that the documentation has. */
  readonly isGuessed: boolean;
}

/** A guess counts half: "paris" is near to "pairs", and a question about the weather is not one about those. */
function covered(terms: readonly Term[], matched: readonly string[]): number {
  const hits = new Set(matched);
  let count = 0;
  for (const { term, isGuessed } of terms) {
    if (!hits.has(term) && !synonyms.get(term)?.some((synonym) => hits.has(synonym))) continue;
    count += isGuessed ? 0.5 : 1;
  }
  return count / terms.length;
}

/** Puts the English word in the place of a known one of another language. */
function inEnglish(question: string): string {
  let text = question;
  for (const [beginning, english] of translations)
    if (!isAlphabetic(beginning) && text.includes(beginning))
      text = text.replaceAll(beginning, ` ${english} `);
  return words(text)
    .map((word) => translations.find(([beginning]) => isMeant(word, beginning))?.[1] ?? word)
    .join(' ');
}

function isMeant(word: string, beginning: string): boolean {
  return beginning.length < 4 ? word === beginning : isAlphabetic(beginning) && word.startsWith(beginning);
}

function isAlphabetic(word: string): boolean {
  return !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(word);
}

/** Splits at everything but letters and digits, so that `OPENAI_API_KEY` is found by its parts too. */
function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

/** Removes the endings of English plurals and verbs. Both the sections and the question go through it. */
function stem(word: string): string {
  // "Set a key" asks for no list of settings.
  if (word.length <= 3 || word === 'setting') return word;
  if (word === 'settings') return 'setting';
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
