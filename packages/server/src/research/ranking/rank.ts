/** Chooses the best passages for an answer within the model's budget of tokens, and numbers their pages. */
import { setImmediate } from 'node:timers/promises';
import type { Source } from '../../domain/event.ts';
import type { Page } from '../pages/page-reader.ts';
import { createBm25, queryTermsOf, termsOf } from './bm25.ts';
import { createNearDuplicates } from './near-duplicates.ts';
import { splitPassages } from './passages.ts';

export interface RankedSource {
  readonly source: Source;
  /** The chosen passages in the page's order, at least one. */
  readonly passages: readonly string[];
}

export interface ChooseOptions {
  readonly countTokens: (text: string) => number;
  /** The bound on passages, titles and addresses together. */
  readonly budgetTokens: number;
  /** Default 3. */
  readonly maxPassagesPerPage?: number;
  /** Default 12. */
  readonly maxPassages?: number;
}

/** A ranked passage: `rankPassages` returns them and `chooseSources` takes them. */
export interface Candidate {
  readonly page: Page;
  /** Its place in the page, counted from 0. */
  readonly place: number;
  readonly text: string;
  readonly terms: readonly string[];
  readonly score: number;
}

/** The tokens around a passage in the prompt: marks, numbers, line breaks. */
const framingTokens = 8;
const snippetLength = 300;
/** Counting tokens is slow, so the search for a passage that fits ends after this many in a row that do not. */
const maxMisses = 8;
/** Passages whose tokens are counted at most, since a page may be the same passage over and over. */
const maxCounted = 64;
/** Passages that are split into words before others have the thread: some milliseconds. */
const passagesAtOnce = 24;

/**
 * Chooses the best candidates without near-duplicates. The sources are numbered from 1, best first; there is none where
 * nothing fits the budget.
 */
export function chooseSources(
  candidates: readonly Candidate[],
  options: ChooseOptions,
): readonly RankedSource[] {
  const { countTokens, maxPassagesPerPage = 3, maxPassages = 12 } = options;
  const duplicates = createNearDuplicates();
  const chosen = new Map<Page, Candidate[]>();
  let [left, count, misses, counted] = [options.budgetTokens, 0, 0, 0];
  for (const candidate of candidates) {
    if (count >= maxPassages || misses >= maxMisses || counted >= maxCounted) break;
    const ofPage = chosen.get(candidate.page);
    if (ofPage !== undefined && ofPage.length >= maxPassagesPerPage) continue;
    counted++;
    const heading = ofPage === undefined ? countTokens(headingOf(candidate.page)) + framingTokens : 0;
    const cost = heading + countTokens(candidate.text) + framingTokens;
    if (cost > left) misses++;
    if (cost > left || duplicates.isRepeated(candidate.terms)) continue;
    chosen.set(candidate.page, [...(ofPage ?? []), candidate]);
    left -= cost;
    count++;
    misses = 0;
  }
  return [...chosen].map(([page, passages], index) => ({
    source: {
      index: index + 1,
      title: page.title,
      url: page.url,
      snippet: snippetOf(passages[0]?.text ?? ''),
    },
    passages: passages.toSorted((one, other) => one.place - other.place).map(({ text }) => text),
  }));
}

function headingOf({ title, url }: Page): string {
  return `${title}\n${url}`;
}

/** The passages of the pages with their words. It lets go of the thread between some of them. */
async function readPassages(pages: readonly Page[]): Promise<readonly Unranked[]> {
  const all: Unranked[] = [];
  for (const page of pages) {
    const titleTerms = termsOf(page.title);
    for (const [place, text] of splitPassages(page.text).entries()) {
      all.push({ page, place, text, titleTerms, terms: termsOf(text) });
      if (all.length % passagesAtOnce === 0) await setImmediate();
    }
  }
  return all;
}

type Unranked = Omit<Candidate, 'score'> & { readonly titleTerms: readonly string[] };

/**
 * Ranks all passages, best first. `queries` are what was searched for, and the question itself. Passages that share no
 * word with them are left out, unless there are no others.
 */
export async function rankPassages(
  pages: readonly Page[],
  queries: readonly string[],
): Promise<readonly Candidate[]> {
  const unranked = await readPassages(pages);
  // The subject of a passage is often named only in the title of its page.
  const index = createBm25(unranked.map(({ titleTerms, terms }) => [...titleTerms, ...terms]));
  const scores = queries.map((query) => index.score(queryTermsOf(query)));
  const ranked = unranked
    .map((candidate, number) => ({
      ...candidate,
      score: scores.reduce((sum, list) => sum + (list[number] ?? 0), 0),
    }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score);
  // Queries and pages in different scripts share no word; then the search engine's order is kept.
  return ranked.length > 0 ? ranked : unranked.map((candidate) => ({ ...candidate, score: 0 }));
}

function snippetOf(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  if (line.length <= snippetLength) return line;
  const blank = line.lastIndexOf(' ', snippetLength - 1);
  const end = blank > snippetLength / 2 ? blank : snippetLength - 1;
  return `${line.slice(0, end).replace(/[\ud800-\udbff]$/, '')}…`;
}
