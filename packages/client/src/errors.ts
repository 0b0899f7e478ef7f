/** What a call throws: one class, whose `code` is a closed union. */

/** Codes of the server's errors, and `connection` where no server answered. */
export type ErrorCode =
  | 'invalid_request'
  | 'invalid_json'
  | 'unsupported'
  | 'context_overflow'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'in_use'
  | 'session_busy'
  | 'idempotency_mismatch'
  | 'model_unavailable'
  | 'payload_too_large'
  | 'rate_limited'
  | 'quota_exhausted'
  | 'internal'
  | 'provider_error'
  | 'interrupted'
  | 'overloaded'
  | 'provider_timeout'
  | 'connection';

/** What some errors add for programs. */
export interface ErrorDetails {
  /** The generation that keeps the session busy (`session_busy`). */
  readonly generationId?: string;
}

export interface ErrorFields {
  /** The HTTP status; undefined for an error inside a stream, and where no server answered. */
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly details?: ErrorDetails;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

export class ColloquyError extends Error {
  readonly code: ErrorCode;
  readonly status: number | undefined;
  /** Names the request in the server's log. */
  readonly requestId: string | undefined;
  readonly details: ErrorDetails;
  /** When the server asks to be called again, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, fields: ErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'ColloquyError';
    this.code = code;
    this.status = fields.status;
    this.requestId = fields.requestId;
    this.details = fields.details ?? {};
    this.retryAfterMs = fields.retryAfterMs;
  }
}

/** No server answered, however often it was asked. An answer that was under way can be read on. */
export class ConnectionError extends ColloquyError {
  constructor(message: string, cause: unknown) {
    super('connection', message, { cause });
    this.name = 'ConnectionError';
  }
}

/** The error that a refused call's response tells. */
export async function errorFrom(response: Response): Promise<ColloquyError> {
  const text = await response.text().catch(() => '');
  const body = parsed(text);
  const message = [body.error, body.detail, body.message].find((one) => typeof one === 'string');
  const fallback = `the server answered ${response.status}${text === '' ? '' : `: ${text.slice(0, 200)}`}`;
  return new ColloquyError(codeOf(body.code, response.status), message ?? fallback, {
    status: response.status,
    requestId: response.headers.get('x-request-id') ?? undefined,
    details: typeof body.generation_id === 'string' ? { generationId: body.generation_id } : {},
    retryAfterMs: retryAfter(response.headers.get('retry-after')),
  });
}

/** Proxies answer without a code. */
function codeOf(code: unknown, status: number): ErrorCode {
  if (typeof code === 'string') return code as ErrorCode;
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 413) return 'payload_too_large';
  if (status === 429) return 'rate_limited';
  if (status === 502 || status === 503 || status === 504) return 'overloaded';
  return status >= 500 ? 'internal' : 'invalid_request';
}

function parsed(text: string): Record<string, string | undefined> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, string>) : {};
  } catch {
    return {};
  }
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
