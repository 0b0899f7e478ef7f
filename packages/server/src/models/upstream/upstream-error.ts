/** Turns what a provider reports, or a failed connection, into a `ModelError`. Messages never hold the provider's key. */

import { parseRetryAfterMs } from '../../domain/headers/retry-after.ts';
import { explainConnectionFailure } from '../../network/connection-failure.ts';
import { ModelError, type ProviderWords } from '../model-error.ts';
import { findOverflow, type Overflow } from '../refusals/overflow.ts';
import { findRefusedParameters } from '../refusals/refused-parameters.ts';
import { type ErrorFields, isObject, readFailure, readPage } from './error-words.ts';
import { isRetryableStatus, parseShouldRetry } from './retry-policy.ts';

export { isObject } from './error-words.ts';

const longestTextCharacters = 300;
/** A shorter key may be an ordinary word, such as Ollama's `ollama`. */
const shortestSecretCharacters = 12;

/** The provider that was called, for messages; its secrets are struck out of the provider's words. */
export interface Upstream {
  readonly provider: string;
  readonly apiKey: string | undefined;
  /** What else the request bears that may be secret, such as values of headers. */
  readonly secrets?: readonly string[] | undefined;
  /** Whether a proxy stands before it. */
  readonly isProxied?: boolean | undefined;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Statuses with which a prompt is refused as too long; some servers' faults are internal errors. */
const overflowStatuses: readonly number[] = [400, 404, 413, 414, 422, 500];

/** The error of a response whose status is not 2xx. `body` is its text, which may be cut off. */
export function errorFromStatus(
  upstream: Upstream,
  status: number,
  headers: Headers,
  body: string,
): ModelError {
  const fields = withoutKey(upstream, readFailure(body));
  const text = describe(fields);
  const said = status === 413 && text === '' ? { code: 'request_too_large' } : fields;
  const tooLong = overflowStatuses.includes(status) ? findOverflow(said) : undefined;
  if (tooLong !== undefined) return overflow(upstream, fields, status, tooLong);
  const isRefusal = status === 401 || (status === 403 && text === '');
  const what = isRefusal ? `refused the key (${status})` : `answered ${status}`;
  return new ModelError('provider_error', `the provider ${upstream.provider} ${what}`, {
    said: text,
    retryable: parseShouldRetry(headers) ?? (isRetryableStatus(status) && !isQuota(fields)),
    retryAfterMs: parseRetryAfterMs(headers, Date.now()) ?? fields.retryAfterMs,
    isLoading: status === 503 && fields.isLoading === true,
    status,
    refused: findRefusedParameters(status, fields),
    words: wordsOf(fields),
  });
}

/**
 * The error of what a provider reports in place of an answer: an error object inside a stream, or a body with status 200
 * that is none. `error` may have any shape that `readFailure` knows.
 */
export function errorFromFields(upstream: Upstream, error: unknown): ModelError {
  const fields = withoutKey(upstream, readFailure(error));
  const tooLong = findOverflow(fields);
  if (tooLong !== undefined) return overflow(upstream, fields, fields.status, tooLong);
  const { status, retryAfterMs } = fields;
  return new ModelError('provider_error', `the provider ${upstream.provider} reported an error`, {
    said: describe(fields),
    retryable: status !== undefined && isRetryableStatus(status) && !isQuota(fields),
    retryAfterMs,
    isLoading: status === 503 && fields.isLoading === true,
    status,
    refused: findRefusedParameters(status, fields),
    words: wordsOf(fields),
  });
}

/** The error of a response with status 2xx that is not what was `expected`: a page, or a text. */
export function errorFromUnexpectedBody(
  upstream: Upstream,
  contentType: string,
  body: string,
  expected = 'an event stream',
): ModelError {
  const isPage = body.trimStart().startsWith('<');
  const fields = withoutKey(upstream, isPage ? { message: readPage(body) } : readFailure(body));
  const isMislabelled = contentType === '' || contentType.includes('event-stream');
  const kind = isMislabelled ? (isPage ? 'a web page' : 'a text') : clip(contentType);
  const status = isPage ? statusOfPage(fields.message) : undefined;
  return new ModelError(
    'provider_error',
    `the provider ${upstream.provider} answered with ${kind} instead of ${expected}`,
    {
      said: describe(fields),
      retryable: status !== undefined && isRetryableStatus(status),
      status: status ?? 200,
      words: wordsOf(fields),
    },
  );
}

/** Proxies serve the pages of their failures under status 200 too: `502 Bad Gateway`, `acme | 522: timed out`. */
function statusOfPage(title: string): number | undefined {
  const status = /(?:^|\||\berror )\s*([45]\d\d)\b/i.exec(title.slice(0, longestTextCharacters))?.[1];
  return status === undefined ? undefined : Number(status);
}

/** The error of a redirect that is not followed; `target` is where it leads, undefined where it does not say. */
export function errorFromRedirect(upstream: Upstream, status: number, target: URL | undefined): ModelError {
  const where = target === undefined ? '' : ` to ${clip(`${target.origin}${target.pathname}`)}`;
  const advice = target === undefined ? '' : '; if that is its address, set base_url to it';
  return new ModelError(
    'provider_error',
    `the provider ${upstream.provider} answered with a redirect (${status})${where}, which is not followed${advice}`,
    { retryable: false, status },
  );
}

export function errorFromEndlessRedirects(upstream: Upstream, followed: number): ModelError {
  return new ModelError(
    'provider_error',
    `the provider ${upstream.provider} redirected the call more than ${followed} times`,
    { retryable: false },
  );
}

/** The error of a connection that could not be made, or broke, at the provider or at a proxy before it. */
export function errorFromTransport(upstream: Upstream, cause: unknown): ModelError {
  const failure = explainConnectionFailure(cause);
  if (failure !== undefined) {
    return new ModelError(
      failure.kind === 'timeout' ? 'provider_timeout' : 'provider_error',
      `the connection to the provider ${upstream.provider} failed: ${failure.reason}`,
      { retryable: failure.kind !== 'lasting', cause },
    );
  }
  const code = isObject(cause) && 'code' in cause ? String(cause.code) : 'unknown';
  const willNotPass =
    code === 'UND_ERR_INVALID_ARG' ||
    code === 'UND_ERR_DESTROYED' ||
    code === 'UND_ERR_CLOSED' ||
    code === 'UND_ERR_HEADERS_OVERFLOW';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return connectTimeout(upstream, 'in time', cause);
  return new ModelError(
    'provider_error',
    `the connection to the provider ${upstream.provider} failed (${code})`,
    {
      retryable: !willNotPass,
      cause,
    },
  );
}

/**
 * The error of bytes that the wire format does not allow. Not retryable: a retry would be billed and end alike.
 * @param said a piece of what was sent, as `quote` gives it
 */
export function malformed(upstream: Upstream, what: string, cause?: unknown, said?: string): ModelError {
  return new ModelError('provider_error', `the provider ${upstream.provider} sent ${what}`, {
    said,
    retryable: false,
    cause,
  });
}

/** The error of a stream that stopped before the end of the answer. `words`: what it said outside of any event. */
export function endedEarly(upstream: Upstream, words = ''): ModelError {
  const fields = withoutKey(upstream, readFailure(words));
  return new ModelError(
    'provider_error',
    `the provider ${upstream.provider} broke off before the end of its answer`,
    {
      said: describe(fields),
      retryable: true,
      words: wordsOf(fields),
    },
  );
}

/** The error of an answer that ended in order and said nothing; the provider serves, and a prompt can be the cause. */
export function saidNothing(upstream: Upstream): ModelError {
  return new ModelError(
    'provider_error',
    `the provider ${upstream.provider} ended its answer without a word`,
    {
      retryable: true,
      status: 200,
    },
  );
}

/** The error of a call that took too long; `what` completes "the provider x …". */
export function timeout(upstream: Upstream, what: string, retryable: boolean, cause?: unknown): ModelError {
  return new ModelError('provider_timeout', `the provider ${upstream.provider} ${what}`, {
    retryable,
    cause,
  });
}

/** The error of a connection that was not open `when`: "in time". */
export function connectTimeout(upstream: Upstream, when: string, cause?: unknown): ModelError {
  const what = upstream.isProxied
    ? `could not be reached through the proxy ${when}`
    : `did not accept a connection ${when}`;
  return timeout(upstream, what, true, cause);
}

/** A piece of a provider's text for a message: one line, bounded, without the key. */
export function quote(upstream: Upstream, text: string): string {
  return clip(strike(upstream, text.slice(0, 4 * longestTextCharacters)));
}

function overflow(
  upstream: Upstream,
  fields: ErrorFields,
  status: number | undefined,
  tooLong: Overflow,
): ModelError {
  return new ModelError(
    'context_overflow',
    `the conversation is too long for the model of ${upstream.provider}`,
    { said: describe(fields), retryable: false, status, overflow: tooLong, words: wordsOf(fields) },
  );
}

/** An exhausted quota does not come back within seconds. */
function isQuota({ code, type }: ErrorFields): boolean {
  return code === 'insufficient_quota' || type === 'insufficient_quota';
}

function withoutKey(upstream: Upstream, fields: ErrorFields): ErrorFields {
  const { message, type, code, param } = fields;
  const struck = (text: string | undefined) => (text === undefined ? undefined : strike(upstream, text));
  return {
    ...fields,
    message: strike(upstream, message),
    type: struck(type),
    code: struck(code),
    param: struck(param),
  };
}

function strike({ apiKey, secrets = [] }: Upstream, text: string): string {
  const forms = new Set([apiKey ?? '', ...secrets].flatMap(formsOf));
  const all = [...forms].filter(({ length }) => length >= shortestSecretCharacters);
  return all.sort((one, other) => other.length - one.length).reduce(strikeOne, text);
}

/**
 * How a provider may repeat a secret: as it is, as in an address or in JSON, and of a header such as `Bearer …` what
 * stands behind the scheme.
 */
function formsOf(secret: string): readonly string[] {
  const value = /^[a-z]+ +(\S+)$/i.exec(secret)?.[1];
  return [secret, ...(value === undefined ? [] : [value])].flatMap((one) => [
    one,
    encodeURIComponent(one.toWellFormed()),
    new URLSearchParams([['', one]]).toString().slice(1),
    JSON.stringify(one).slice(1, -1),
  ]);
}

function strikeOne(text: string, secret: string): string {
  const open = text.replaceAll(secret, '[key]');
  // The text may have been cut within the secret.
  for (let length = secret.length - 1; length >= shortestSecretCharacters / 2; length -= 1) {
    if (open.endsWith(secret.slice(0, length))) return `${open.slice(0, -length)}[key]`;
  }
  return open;
}

function describe({ message, type, code }: ErrorFields): string {
  return clip(message || [type, code].filter((field) => field !== undefined).join(' '));
}

function wordsOf({ message, type, code, param }: ErrorFields): ProviderWords | undefined {
  if (message === '' && type === undefined && code === undefined) return undefined;
  return { message, type, code, param };
}

function clip(text: string): string {
  const line = text
    .slice(0, 4 * longestTextCharacters)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > longestTextCharacters ? `${line.slice(0, longestTextCharacters)}…` : line;
}
