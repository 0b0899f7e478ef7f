/** Turns what a provider reports, or a failed connection, into a `ModelError`. Messages never hold the provider's key. */
import { ModelError } from '../model-error.ts';
import { isRetryableStatus, parseRetryAfterMs } from './retry-policy.ts';

const longestTextCharacters = 300;

/** The provider that was called, for messages; `apiKey` is struck out of the provider's words. */
export interface Upstream {
  readonly provider: string;
  readonly apiKey: string | undefined;
}

/** The usual fields of a provider's error object; each may be absent. */
export interface ProviderErrorFields {
  readonly message?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
}

const overflowPattern =
  /context[_ ](length|window|size)|maximum context|prompt is too long|input token count .*exceeds|too many (input )?tokens/i;

/** Error types and codes inside a stream after which a retry makes sense (Anthropic, OpenAI, OpenRouter). */
const passingTypes = new Set([
  'overloaded_error',
  'rate_limit_error',
  'rate_limit_exceeded',
  'api_error',
  'server_error',
  'internal_server_error',
  'timeout_error',
]);

/** The error of a response whose status is not 2xx. `body` is its text, which may be cut off. */
export function errorFromStatus(
  upstream: Upstream,
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
): ModelError {
  const fields = findErrorFields(body);
  const text = fields === undefined ? '' : describe(upstream, fields);
  if (status < 500 && status !== 429 && isOverflow(fields)) return overflow(upstream, text, status);
  const refused = status === 401 || status === 403;
  const what = refused
    ? `the provider ${upstream.provider} refused the key (${status})`
    : status >= 300 && status < 400
      ? `the provider ${upstream.provider} answered with a redirect (${status}), which is not followed`
      : `the provider ${upstream.provider} answered ${status}`;
  return new ModelError('provider_error', refused || text === '' ? what : `${what}: ${text}`, {
    // An exhausted quota does not come back within seconds.
    retryable: isRetryableStatus(status) && fields?.code !== 'insufficient_quota',
    retryAfterMs: parseRetryAfterMs(headers, Date.now()),
    status,
  });
}

/** The error of an error object inside a stream, or in a JSON body with status 200. */
export function errorFromFields(upstream: Upstream, error: unknown): ModelError {
  const fields: ProviderErrorFields = isObject(error) ? error : { message: error };
  const text = describe(upstream, fields);
  if (isOverflow(fields)) return overflow(upstream, text, undefined);
  const status = typeof fields.code === 'number' && fields.code >= 400 ? fields.code : undefined;
  return new ModelError(
    'provider_error',
    `the provider ${upstream.provider} reported an error${text === '' ? '' : `: ${text}`}`,
    {
      retryable:
        (status !== undefined && isRetryableStatus(status)) ||
        passingTypes.has(String(fields.type)) ||
        passingTypes.has(String(fields.code)),
      status,
    },
  );
}

/** The error of a response with status 200 that is no event stream. */
export function errorFromUnexpectedBody(upstream: Upstream, contentType: string, body: string): ModelError {
  const fields = findErrorFields(body);
  if (fields !== undefined) return errorFromFields(upstream, fields);
  return new ModelError(
    'provider_error',
    `the provider ${upstream.provider} answered with ${clip(contentType)} instead of an event stream`,
    { retryable: false, status: 200 },
  );
}

/** The error of a connection that could not be made, or broke. */
export function errorFromTransport(upstream: Upstream, cause: unknown): ModelError {
  const code = isObject(cause) && 'code' in cause ? String(cause.code) : 'unknown';
  const refusedByUs =
    code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED';
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return timeout(upstream, 'did not accept a connection in time', true, cause);
  return new ModelError(
    'provider_error',
    `the connection to the provider ${upstream.provider} failed (${code})`,
    {
      retryable: !refusedByUs,
      cause,
    },
  );
}

/** The error of bytes that the wire format does not allow. Not retryable: a retry would be billed and end alike. */
export function malformed(upstream: Upstream, what: string, cause?: unknown): ModelError {
  return new ModelError('provider_error', `the provider ${upstream.provider} sent ${what}`, {
    retryable: false,
    cause,
  });
}

/** The error of a stream that stopped before the end of the answer. */
export function endedEarly(upstream: Upstream): ModelError {
  return new ModelError(
    'provider_error',
    `the provider ${upstream.provider} broke off before the end of its answer`,
    {
      retryable: true,
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

function overflow(upstream: Upstream, text: string, status: number | undefined): ModelError {
  return new ModelError(
    'context_overflow',
    `the conversation is too long for the model of ${upstream.provider}${text === '' ? '' : `: ${text}`}`,
    { retryable: false, status },
  );
}

function isOverflow(fields: ProviderErrorFields | undefined): boolean {
  if (fields === undefined) return false;
  return [fields.code, fields.type, fields.message].some(
    (field) => typeof field === 'string' && overflowPattern.test(field),
  );
}

/** Finds `{error: {…}}`, `{error: "…"}`, `[{error: …}]` (Google), `{message: …}`, `{detail: …}` (Mistral, vLLM). */
function findErrorFields(body: string): ProviderErrorFields | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  const value: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!isObject(value)) return undefined;
  if (isObject(value.error)) return value.error;
  if (typeof value.error === 'string') return { message: value.error };
  if (typeof value.message === 'string') return value;
  if (value.detail !== undefined) return { message: value.detail };
  return undefined;
}

function describe(upstream: Upstream, fields: ProviderErrorFields): string {
  const message =
    typeof fields.message === 'string'
      ? fields.message
      : fields.message === undefined
        ? [fields.type, fields.code].filter((field) => field !== undefined).join(' ')
        : (JSON.stringify(fields.message) ?? '');
  const open = upstream.apiKey ? message.replaceAll(upstream.apiKey, '[key]') : message;
  return clip(open);
}

function clip(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longestTextCharacters ? `${line.slice(0, longestTextCharacters)}…` : line;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
