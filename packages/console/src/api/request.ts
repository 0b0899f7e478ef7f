/** One call of the server: JSON in and out, refusals as `ApiError`. */
import { apiStrings } from './strings.ts';

/** The path below which the server is seen, without a slash at the end: this file lies in `<base>/console/assets/`. */
export const basePath = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');

export interface ApiErrorFields {
  /** The HTTP status; undefined: no server answered. */
  readonly status?: number | undefined;
  readonly code: string;
  /** The field of the body that is at fault, as a path. */
  readonly field?: string | undefined;
  /** Names the request in the server's log. */
  readonly requestId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

export class ApiError extends Error {
  readonly status: number | undefined;
  readonly code: string;
  readonly field: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, fields: ApiErrorFields, options?: { cause: unknown }) {
    super(message, options);
    this.name = 'ApiError';
    this.status = fields.status;
    this.code = fields.code;
    this.field = fields.field;
    this.requestId = fields.requestId;
    this.retryAfterSeconds = fields.retryAfterSeconds;
  }
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface RequestOptions {
  readonly query?: Query | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** `path` with what is set of the query; empty texts are left out. */
export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return text === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${text}`;
}

/** @throws ApiError */
export async function send(
  method: string,
  path: string,
  { query, body, headers, signal }: RequestOptions = {},
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(basePath + withQuery(path, query), {
      method,
      headers: {
        ...headers,
        Accept: headers?.Accept ?? 'application/json',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
      // Of all addresses, only those of `/api/console` look at it.
      credentials: 'same-origin',
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(apiStrings().unreachable, { code: 'connection' }, { cause });
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

/** What a call answers; undefined for an answer without a body. @throws ApiError */
export async function call<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
  const response = await send(method, path, options);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  const body = parsed(text);
  const told = [body.error, body.detail, body.message].find((one) => typeof one === 'string');
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiError(told ?? apiStrings().answered(response.status), {
    status: response.status,
    code: body.code ?? (response.status === 401 ? 'unauthenticated' : `http_${response.status}`),
    field: body.field,
    requestId: response.headers.get('x-request-id') ?? undefined,
    retryAfterSeconds: Number.isNaN(retryAfter) ? undefined : retryAfter,
  });
}

function parsed(text: string): Record<string, string | undefined> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, string>) : {};
  } catch {
    return {};
  }
}
