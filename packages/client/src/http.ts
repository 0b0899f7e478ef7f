/** Requests with a credential and retries. */
import type { Credential } from './auth.ts';
import { ColloquyError, ConnectionError, errorFrom } from './errors.ts';
import { toCamel } from './wire.ts';

export interface RetryInfo {
  /** How many tries came before, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly reason: unknown;
}

export interface Settings {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly credential: Credential;
  readonly fetch: typeof fetch;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxRetries: number;
  readonly onRetry?: ((info: RetryInfo) => void) | undefined;
  /** Of a member: the environment whose conversations are meant. */
  readonly environment?: string | undefined;
  /** Whether the caller has named their organization, as members do. */
  readonly isMember: boolean;
  /** Says something to the developer, once. */
  warn(message: string): void;
  /** The id of the caller's organization. */
  organization(): Promise<string>;
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** The longest wait that a server may ask for and get, in milliseconds. */
const longestWaitMs = 60_000;
const firstDelayMs = 100;
const longestDelayMs = 5_000;

/** Half of the delay is random, so that clients of a server that comes back do not come at once. */
export function backoffMs(attempt: number): number {
  const full = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1));
  return full / 2 + (Math.random() * full) / 2;
}

/** One try, two where the token has ended. @throws ColloquyError for a refusal; what fetch throws without an answer */
export async function send(settings: Settings, request: Request): Promise<Response> {
  let credential = await settings.credential.headers();
  let response = await attempt(settings, request, credential);
  if (response.status === 401 && settings.credential.renews) {
    await response.body?.cancel();
    credential = await settings.credential.headers(credential.Authorization?.slice('Bearer '.length));
    response = await attempt(settings, request, credential);
  }
  if (!response.ok) throw await errorFrom(response);
  return response;
}

function attempt(
  { baseUrl, fetch, headers, environment }: Settings,
  { method, path, query, body, headers: own, signal }: Request,
  credential: Readonly<Record<string, string>>,
): Promise<Response> {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, environment }))
    if (value !== undefined) search.set(name, String(value));
  const url = `${baseUrl}${path}${search.size > 0 ? `?${search}` : ''}`;
  return fetch(url, {
    method,
    headers: {
      ...headers,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...own,
      ...credential,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  });
}

/** A text that nobody has made before. Pages without TLS have no `randomUUID`, and React Native has no `crypto`. */
export function randomKey(): string {
  const { crypto } = globalThis as { readonly crypto?: { readonly randomUUID?: () => string } };
  const digits = (): string => Math.random().toString(36).slice(2);
  return crypto?.randomUUID?.() ?? `${digits()}${digits()}${digits()}`;
}

/** Whether a try that ended so may be made again, and after how long at least; undefined: no. */
export function mayRetry(error: unknown, hasStream: boolean): number | undefined {
  if (!(error instanceof ColloquyError)) return 0;
  if (error.status === undefined) return undefined;
  const isPassing =
    error.status === 429 || error.status === 503 || (hasStream && [502, 504].includes(error.status));
  if (!isPassing || error.code === 'quota_exhausted') return undefined;
  const waitMs = error.retryAfterMs ?? 0;
  return waitMs > longestWaitMs ? undefined : waitMs;
}

/** A call without a stream: its JSON, camelCase; undefined for an empty answer. */
export async function call<T>(settings: Settings, request: Request): Promise<T> {
  const text = await callText(settings, request);
  return (text === '' ? undefined : toCamel(JSON.parse(text))) as T;
}

/** A call without a stream: the text of its answer. */
export async function callText(settings: Settings, request: Request): Promise<string> {
  const { signal } = request;
  const headers =
    request.method === 'POST' ? { 'Idempotency-Key': randomKey(), ...request.headers } : request.headers;
  for (let tries = 1; ; tries += 1) {
    try {
      const response = await send(settings, { ...request, ...(headers && { headers }) });
      return await response.text();
    } catch (error) {
      if (signal?.aborted === true) throw error;
      const leastMs = mayRetry(error, false);
      if (leastMs === undefined) throw error;
      if (tries > settings.maxRetries) throw asConnectionError(error);
      const delayMs = Math.max(leastMs, backoffMs(tries));
      settings.onRetry?.({ attempt: tries, delayMs, reason: error });
      await wait(delayMs, signal);
    }
  }
}

export function asConnectionError(error: unknown): ColloquyError {
  if (error instanceof ColloquyError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ConnectionError(`the server could not be reached: ${reason}`, error);
}

/** Resolves after `ms`, or earlier when the browser says that the page is online or seen again. @throws when aborted */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const target: Partial<EventTarget> = globalThis;
    const over = (): void => {
      clearTimeout(timer);
      target.removeEventListener?.('online', finish);
      target.removeEventListener?.('visibilitychange', finish);
      signal?.removeEventListener('abort', abort);
    };
    const finish = (): void => {
      over();
      resolve();
    };
    const abort = (): void => {
      over();
      reject(signal?.reason);
    };
    const timer = setTimeout(finish, ms);
    target.addEventListener?.('online', finish);
    target.addEventListener?.('visibilitychange', finish);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort);
  });
}
