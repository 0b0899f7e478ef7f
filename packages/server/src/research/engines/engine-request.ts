/** Calls a search engine's JSON API, bounded in time and size, and reads its hits. */
import { type Dispatcher, request } from 'undici';
import { parseForeignJson } from '../../domain/text/json.ts';
import { explainConnectionFailure } from '../../network/connection-failure.ts';
import { plainExcerpt, toSingleLine } from '../extraction/visible-text.ts';
import { readBody } from '../pages/body-reader.ts';
import type { SearchHit } from './engine.ts';

/** The engine can't be reached, refuses, or answers in another format. The message holds no secret. */
export class SearchError extends Error {
  override readonly name = 'SearchError';
}

export interface EngineCall {
  readonly engine: string;
  readonly dispatcher: Dispatcher;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON by POST. Absent: the request is a GET. */
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

const maxAnswerBytes = 2 * 1024 * 1024;

/** Redirects are not followed, since they could lead a call with a key, or an unguarded one, elsewhere. */
export async function callEngine(call: EngineCall): Promise<unknown> {
  const { engine, signal } = call;
  try {
    const response = await request(call.url, {
      dispatcher: call.dispatcher,
      method: call.body === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        ...(call.body !== undefined && { 'content-type': 'application/json' }),
        ...call.headers,
      },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      signal,
    });
    const { bytes, cut } = await readBody(response.body, undefined, { maxBytes: maxAnswerBytes });
    if (response.statusCode !== 200) throw new SearchError(`${engine} answered ${response.statusCode}`);
    if (cut) throw new SearchError(`${engine} answered more than ${maxAnswerBytes} bytes`);
    return parseForeignJson(new TextDecoder().decode(bytes));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SearchError) throw error;
    const why = explainConnectionFailure(error)?.reason ?? messageOf(error);
    const reason = error instanceof SyntaxError ? 'answered no JSON' : `can't be reached: ${why}`;
    throw new SearchError(`${engine} ${reason}`, { cause: error });
  }
}

/** The names of the members of an engine's result. */
export interface HitFields {
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
}

/** Results of a list that are looked at for as many hits as were asked for. */
const mostResults = 100;

/** The first well-formed results of a list; a result without an http(s) address is left out. */
export function readHits(results: unknown, fields: HitFields, limit: number): readonly SearchHit[] {
  if (!Array.isArray(results)) return [];
  return firstHits(results, limit, (result) =>
    toHit(textOf(result, fields.title), textOf(result, fields.url), textOf(result, fields.snippet)),
  );
}

/** No more of a long list is read than is needed. */
export function firstHits(
  results: readonly unknown[],
  limit: number,
  toHit: (result: unknown) => SearchHit | undefined,
): readonly SearchHit[] {
  const hits: SearchHit[] = [];
  for (const result of results.slice(0, mostResults)) {
    if (hits.length >= limit) break;
    const hit = toHit(result);
    if (hit !== undefined) hits.push(hit);
  }
  return hits;
}

export function toHit(title: string, address: string, snippet: string): SearchHit | undefined {
  if (address.length > 2_000 || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  url.username = '';
  url.password = '';
  url.hash = '';
  return {
    title: plainExcerpt(title, 200) || toSingleLine(url.hostname, 200),
    url: url.href,
    snippet: plainExcerpt(snippet, 600),
  };
}

/** A member of an unknown value; undefined where there is none. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function textOf(value: unknown, name: string): string {
  const member = memberOf(value, name);
  return typeof member === 'string' ? member : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
