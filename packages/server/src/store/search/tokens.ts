/**
 * The tokens that an entry is indexed by: of a word its beginnings, of signs side by side the single ones, pairs and, in
 * alphabets, triples. A token is the hash of what it stands for and of whose it is, so that a search reads only entries
 * of its own tenant, the index holds no readable word, and its size is bounded by the number of tokens alone.
 */
import { hash } from 'node:crypto';
import type { Environment, Tenant } from '../../domain/scope.ts';
import { minPrefixLength, type Phrase } from './query.ts';
import { type Word, wordsOf } from './words.ts';

/** A title's tokens are others than a message's, so that the few titles are found among many messages. */
export type EntryKind = 'title' | 'message';

/** 60 bits in 15 hexadecimal digits. */
export type Token = string;

/** Maximum number of code points or UTF-16 units at the beginning of a text that are indexed and looked at. */
export const maxTextLength = 65_536;
/** Maximum number of different tokens of an entry; further words are left out. */
const maxTokens = 16_384;
/** Length of the longest beginning of a word that is a token, in code points. */
export const maxBeginning = 16;

const maxCached = 65_536;
const cache = new Map<string, Token>();

function tokenOf(what: string): Token {
  let token = cache.get(what);
  if (token === undefined) {
    token = hash('sha256', what, 'hex').slice(0, 15);
    if (cache.size >= maxCached) cache.clear();
    cache.set(what, token);
  }
  return token;
}

function markOf(organizationId: string, environment: Environment, kind: EntryKind): string {
  return `${organizationId}/${environment}/${kind}/`;
}

/** Han and Hangul have so many signs that a pair of them is rare. */
const ofManySigns = /^[\p{scx=Hani}\p{scx=Hang}]$/u;

/** What signs that end at `word` are indexed by; `before` are the signs that it is joined to, the nearest last. */
function* signKeys(word: Word, before: readonly Word[]): Generator<string> {
  yield `s${word.term}`;
  const [second, first] = [before.at(-1), before.at(-2)];
  if (second === undefined) return;
  yield `s${second.term}${word.term}`;
  if (first === undefined) return;
  if (![first, second, word].some(({ term }) => ofManySigns.test(term))) {
    yield `s${first.term}${second.term}${word.term}`;
  }
}

function* wordKeys(term: string): Generator<string> {
  const points = [...term];
  if (points.length < minPrefixLength) yield `w${term}`;
  for (let length = minPrefixLength; length <= Math.min(points.length, maxBeginning); length += 1) {
    yield `w${points.slice(0, length).join('')}`;
  }
}

function* keysOf(words: Iterable<Word>): Generator<string> {
  let before: Word[] = [];
  for (const word of words) {
    if (!word.isSign || word.link !== 'joined') before = [];
    if (!word.isSign) {
      yield* wordKeys(word.term);
      continue;
    }
    yield* signKeys(word, before);
    before = [...before.slice(-1), word];
  }
}

/** Every entry says which end user's it is, or that it is nobody's. */
function endUserKey(endUserId: string | null): string {
  return `u${endUserId ?? ''}`;
}

/** The tokens of an entry; none for a text without words. */
export function tokensOfText(tenant: Tenant, kind: EntryKind, text: string): Token[] {
  const mark = markOf(tenant.organizationId, tenant.environment, kind);
  const tokens = new Set<Token>();
  for (const key of keysOf(wordsOf(text.slice(0, maxTextLength)))) {
    tokens.add(tokenOf(mark + key));
    if (tokens.size === maxTokens) break;
  }
  if (tokens.size > 0) tokens.add(tokenOf(mark + endUserKey(tenant.endUserId)));
  return [...tokens];
}

export interface AskedScope {
  readonly organizationId: string;
  readonly environment: Environment;
  /** As a scope's: null, what belongs to no end user. */
  readonly endUserId?: string | null;
}

/** The tokens that every entry has which matches the phrases. */
export function tokensOfPhrases(scope: AskedScope, kind: EntryKind, phrases: readonly Phrase[]): Token[] {
  const mark = markOf(scope.organizationId, scope.environment, kind);
  const keys = new Set<string>();
  for (const { words } of phrases) {
    for (const key of phraseKeys(words)) keys.add(key);
  }
  if (scope.endUserId !== undefined) keys.add(endUserKey(scope.endUserId));
  return [...keys].map((key) => tokenOf(mark + key));
}

/** Only the longest token of each place: the shorter ones follow from it. */
function* phraseKeys(words: readonly Word[]): Generator<string> {
  let before: Word[] = [];
  let longest: string | undefined;
  for (const word of words) {
    const isJoined = word.isSign && word.link === 'joined' && before.length > 0;
    if (!isJoined) {
      if (longest !== undefined) yield longest;
      longest = undefined;
      before = [];
    }
    if (!word.isSign) {
      yield [...wordKeys(word.term)].at(-1) ?? '';
      continue;
    }
    const keys = [...signKeys(word, before)];
    // The key of the first sign of a run is not needed where a pair follows.
    if (before.length > 0) yield keys.at(-1) ?? '';
    longest = before.length === 0 ? keys[0] : undefined;
    before = [...before.slice(-1), word];
  }
  if (longest !== undefined) yield longest;
}

/** Whether entries may have all the tokens of the phrases without matching them. */
export function isVague(phrases: readonly Phrase[]): boolean {
  return phrases.some(({ words }) => words.length > 1 || [...(words[0]?.term ?? '')].length > maxBeginning);
}
