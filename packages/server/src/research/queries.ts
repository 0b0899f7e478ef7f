/** The question stage: what to search for, so that a reply like "and since when?" is found too. */
import { toDay } from '../domain/text/time.ts';

export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** A call of a model: a prompt in, its answer out. */
export type Ask = (prompt: string, options: { readonly signal: AbortSignal }) => Promise<string>;

export interface QuestionOptions {
  readonly question: string;
  /** What was said before, oldest first, without the question. */
  readonly history: readonly Turn[];
  /** For the model, which can't know what "this year" means. */
  readonly today: Date;
  /** Absent where the model is too weak for it. */
  readonly ask?: Ask | undefined;
  readonly signal: AbortSignal;
}

export interface Queries {
  /** One to three. */
  readonly queries: readonly string[];
  /** Why the message itself is searched for, where the model was asked. */
  readonly failure?: Error;
}

const maxQueries = 3;
const maxQueryLength = 200;
const historyTurns = 6;
const maxTurnLength = 1_000;

/** Falls back to the message itself where the model fails or answers something else than queries. Never throws. */
export async function findQueries(options: QuestionOptions): Promise<Queries> {
  const { question, ask, signal } = options;
  const fallback = [trimQuery(question)];
  if (ask === undefined) return { queries: fallback };
  try {
    const queries = parseQueries(await ask(questionPrompt(options), { signal }));
    if (queries !== undefined) return { queries };
    return { queries: fallback, failure: new Error('the model answered no search queries') };
  } catch (error) {
    return { queries: fallback, failure: error instanceof Error ? error : new Error(String(error)) };
  }
}

export function questionPrompt({
  question,
  history,
  today,
}: Omit<QuestionOptions, 'ask' | 'signal'>): string {
  const turns = [...history.slice(-historyTurns), { role: 'user', text: question } as const].map(
    ({ role, text }) => `${role === 'user' ? 'User' : 'Assistant'}: ${shorten(text, maxTurnLength)}`,
  );
  return [
    `Today is ${toDay(today.getTime())}.`,
    'Write the web search queries, one to three, that find what is needed to answer the last message of the user ' +
      'in the conversation below. Each query stands for itself: names instead of "it" or "he", a few keywords, in the ' +
      'language of the message. One query is best, unless the message asks for several things.',
    'Answer with a JSON array of strings and nothing else. Do not answer the message.',
    '',
    'The conversation:',
    ...turns,
    '',
    'JSON array of search queries:',
  ].join('\n');
}

/**
 * A JSON array of strings, also within prose or a code fence, or an object that holds one; else a short list,
 * a line each. Undefined where it is neither.
 */
export function parseQueries(answer: string): readonly string[] | undefined {
  const text = answer.slice(0, 10_000).replace(/<think>[\s\S]*?(<\/think>|$)/gi, '');
  const listed = parseJsonArray(text) ?? parseLines(text);
  const queries = listed
    .map((query) => query.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim())
    .filter((query) => query.length > 1 && query.length <= maxQueryLength && /[\p{L}\p{N}]/u.test(query));
  const distinct = [...new Map(queries.map((query) => [query.toLowerCase(), query])).values()];
  return distinct.length > 0 ? distinct.slice(0, maxQueries) : undefined;
}

function parseJsonArray(text: string): readonly string[] | undefined {
  for (const [candidate] of text.matchAll(/\[[^[\]]*\]/g)) {
    try {
      const value: unknown = JSON.parse(candidate);
      if (Array.isArray(value) && value.some((item) => typeof item === 'string')) {
        return value.filter((item) => typeof item === 'string');
      }
    } catch {
      // Brackets of prose: perhaps a later pair holds the list.
    }
  }
  return undefined;
}

/** A model that answers the question instead writes sentences, or many lines. */
function parseLines(text: string): readonly string[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('```') && !line.endsWith(':'));
  if (lines.length > maxQueries || /[[\]{}]/.test(text)) return [];
  const queries = lines.map((line) =>
    line
      .replace(/^(?:[-*•]|\d{1,2}[.)])\s+/, '')
      .replace(/^(?:search )?quer(?:y|ies)\s*\d*:\s*/i, '')
      .replace(/^["'“”`]+|["'“”`,]+$/g, ''),
  );
  return queries.every((query) => query.split(/\s+/).length <= 14 && !/[.!]$/.test(query)) ? queries : [];
}

/** The beginning of a long message says what it is about, and its end what is wanted: the end's question, then the beginning. */
function trimQuery(question: string): string {
  const line = question.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  if (line.length <= maxQueryLength) return line;
  const asked = line
    .match(/[^.!?。！？]{3,200}[?？]/g)
    ?.at(-1)
    ?.trim();
  return asked ?? shorten(line, maxQueryLength);
}

/** At the last blank before `maxLength`, where there is one. */
function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const blank = text.lastIndexOf(' ', maxLength);
  return text.slice(0, blank > maxLength / 2 ? blank : maxLength).toWellFormed();
}
