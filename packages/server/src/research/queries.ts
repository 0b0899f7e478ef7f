/** The question stage: decides what to search for, also for a message like "and since when?". */
import { isRefusal } from '../domain/text/refusals.ts';
import { toDay } from '../domain/text/time.ts';

export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** Calls a model with a prompt and returns its answer. */
export type Ask = (prompt: string, options: { readonly signal: AbortSignal }) => Promise<string>;

export interface QuestionOptions {
  readonly question: string;
  /** The conversation before the question, oldest first. */
  readonly history: readonly Turn[];
  /** The date to tell the model, which does not know what "this year" means. */
  readonly today: Date;
  /** Absent where the model writes no good queries. */
  readonly ask?: Ask | undefined;
  /** How queries are to be written; absent: the built-in instruction. */
  readonly instruction?: string | undefined;
  readonly signal: AbortSignal;
}

export interface Queries {
  /** One to three queries. */
  readonly queries: readonly string[];
  /** Why the model's answer could not be used, where the message itself is searched for. */
  readonly failure?: Error;
}

const maxQueries = 3;
const maxQueryLength = 200;
/** A line that is longer, with what stands around a query, holds none. */
const maxLineLength = 2 * maxQueryLength;
const historyTurns = 6;
const maxTurnLength = 1_000;
/** Characters at each end of a long message that are looked at for a question. */
const maxLookedAt = 4_000;

const builtInInstruction =
  'Write the web search queries, one to three, that find what is needed to answer the last message of the user ' +
  'in the conversation below. Each query stands for itself: names instead of "it" or "he", a few keywords, in the ' +
  'language of the message. One query is best, unless the message asks for several things.';

/** Uses the message itself where the model fails or does not answer with queries. Never throws. */
export async function findQueries(options: QuestionOptions): Promise<Queries> {
  const { question, ask, signal } = options;
  const fallback = [trimQuery(question)];
  if (ask === undefined) return { queries: fallback };
  try {
    const queries = parseQueries(await ask(questionPrompt(options), { signal }));
    if (queries !== undefined) return { queries };
    return { queries: fallback, failure: new Error('the model answered without search queries') };
  } catch (error) {
    return { queries: fallback, failure: error instanceof Error ? error : new Error(String(error)) };
  }
}

export function questionPrompt({
  question,
  history,
  today,
  instruction = builtInInstruction,
}: Omit<QuestionOptions, 'ask' | 'signal'>): string {
  const turns = [...history.slice(-historyTurns), { role: 'user', text: question } as const].map(
    ({ role, text }) => `${role === 'user' ? 'User' : 'Assistant'}: ${shorten(text, maxTurnLength)}`,
  );
  return [
    `Today is ${toDay(today.getTime())}.`,
    instruction,
    'Answer with a JSON array of strings and nothing else. Do not answer the message.',
    '',
    'The conversation:',
    ...turns,
    '',
    'JSON array of search queries:',
  ].join('\n');
}

/**
 * Reads a JSON array of strings, also one within prose, a code fence or an object; else a short list with a query on each
 * line. Undefined where the answer is neither.
 */
export function parseQueries(answer: string): readonly string[] | undefined {
  const text = answer.slice(0, 10_000).replace(/<think>[\s\S]*?(<\/think>|$)/gi, '');
  const listed = parseJsonArray(text) ?? parseLines(text);
  const queries = listed.map((query) => query.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()).filter(isQuery);
  const distinct = [...new Map(queries.map((query) => [query.toLowerCase(), query])).values()];
  return distinct.length > 0 ? distinct.slice(0, maxQueries) : undefined;
}

/** What models write where they have no query: nothing, a tag, an apology, or the words of the prompt. */
function isQuery(text: string): boolean {
  if (text.length < 2 || text.length > maxQueryLength || !/[\p{L}\p{N}]/u.test(text)) return false;
  return !/^<[\p{L}/!|]/u.test(text) && !isRefusal(text) && !ownWords.test(text);
}

const ownWords =
  /^(?:(?:a )?json array(?: of (?:strings|search queries))?|(?:web )?search quer(?:y|ies)|none|null|n\/a)\W*$/i;

function parseJsonArray(text: string): readonly string[] | undefined {
  for (const [candidate] of text.matchAll(/\[[^[\]]*\]/g)) {
    try {
      const value: unknown = JSON.parse(candidate);
      if (Array.isArray(value) && value.some((item) => typeof item === 'string')) {
        return value.filter((item) => typeof item === 'string');
      }
    } catch {
      // These brackets belong to prose; a later pair may hold the list.
    }
  }
  return undefined;
}

/** Sentences, or many lines, are no queries: the model has answered the question instead. */
function parseLines(text: string): readonly string[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('```') && !line.endsWith(':'));
  if (lines.length > maxQueries || /[[\]{}]/.test(text)) return [];
  if (lines.some(({ length }) => length > maxLineLength)) return [];
  const queries = lines.map((line) =>
    line
      .replace(/^(?:[-*•]|\d{1,2}[.)])\s+/, '')
      .replace(/^(?:search )?quer(?:y|ies)\s*\d*:\s*/i, '')
      .replace(/^["'“”`]+|["'“”`,]+$/g, ''),
  );
  return queries.every((query) => query.split(/\s+/).length <= 14 && !/[.!]$/.test(query)) ? queries : [];
}

/** A long message is shortened to its last question, or to its beginning where it has none. */
function trimQuery(question: string): string {
  const text = question.trim();
  const line = oneLine(text.slice(0, maxLookedAt));
  if (text.length <= maxLookedAt && line.length <= maxQueryLength) return line;
  const asked = oneLine(text.slice(-maxLookedAt))
    .match(/[^.!?。！？]{3,200}[?？]/g)
    ?.at(-1)
    ?.trim();
  return asked ?? shorten(line, maxQueryLength);
}

function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

/** Cuts at the last blank before `maxLength`, where there is one. */
function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const blank = text.lastIndexOf(' ', maxLength);
  return text.slice(0, blank > maxLength / 2 ? blank : maxLength).toWellFormed();
}
