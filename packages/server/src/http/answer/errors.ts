/** Errors as answers: the one table from code to status, the dialects' envelopes, and the handlers that write them. */
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import type { LimitReference } from '../../domain/limits/limits.ts';
import { audienceOf, messageFor } from './audience.ts';
import { baseHeaders } from './base-headers.ts';

/** The HTTP status of each code, for errors that are answers and not events of a stream. */
const statusOfCode: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  invalid_json: 400,
  unsupported: 400,
  context_overflow: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  in_use: 409,
  session_busy: 409,
  idempotency_mismatch: 409,
  model_unavailable: 409,
  payload_too_large: 413,
  rate_limited: 429,
  quota_exhausted: 429,
  internal: 500,
  provider_error: 502,
  interrupted: 503,
  overloaded: 503,
  provider_timeout: 504,
};

/** A body in an encoding or a charset that the server does not read. Its status is 415. */
export class UnsupportedMediaError extends AppError {
  constructor(message: string) {
    super('unsupported', message);
    this.name = 'UnsupportedMediaError';
  }
}

/** No route takes the path, or the method of the path. */
export class UnknownPathError extends AppError {
  constructor(code: 'not_found' | 'method_not_allowed', message: string) {
    super(code, message);
    this.name = 'UnknownPathError';
  }
}

function statusOf(error: AppError): number {
  return error instanceof UnsupportedMediaError ? 415 : statusOfCode[error.code];
}

export type ErrorBody = Readonly<Record<string, string | LimitReference | object>>;

/** Makes the body of an error; that of `session_busy` names the running generation, that of a 400 the field. */
export type ErrorEnvelope = (error: AppError) => ErrorBody;

/** How errors are answered. */
export interface ErrorAnswers {
  readonly envelope: ErrorEnvelope;
  /** The status where it is not the usual one of the error's code. */
  statusOf?(error: AppError): number | undefined;
  /** Headers beside the usual ones. */
  headersOf?(error: AppError): Readonly<Record<string, string>>;
}

function withText(field: 'error' | 'detail'): ErrorEnvelope {
  return ({ message, code, details }) => ({
    [field]: message,
    // Clients of earlier APIs read it here.
    message,
    code,
    ...(details.field && statusOfCode[code] === 400 && { field: details.field }),
    ...(details.generation_id !== undefined && { generation_id: details.generation_id }),
    ...(details.limit !== undefined && { limit: details.limit }),
  });
}

/** `{"error", "code"}`, used everywhere but in the conversation dialect. */
export const errorEnvelope: ErrorEnvelope = withText('error');
/** `{"detail", "code"}`, used in the conversation dialect. */
export const detailEnvelope: ErrorEnvelope = withText('detail');

/** `Retry-After` of errors that do not say how long to wait, in seconds. */
const defaultRetryAfterSeconds = 5;

/** Sends an error. The body is serialized here, independently of the route's response schemas. */
export function sendError(reply: FastifyReply, error: AppError, answers: ErrorAnswers): FastifyReply {
  const status = answers.statusOf?.(error) ?? statusOf(error);
  if (status === 401) reply.header('WWW-Authenticate', 'Bearer realm="colloquy"');
  if (status === 429 || status === 503) {
    const seconds = error.details.retry_after_seconds ?? defaultRetryAfterSeconds;
    reply.header('Retry-After', String(Math.max(1, Math.ceil(seconds))));
  }
  reply.removeHeader('Content-Location');
  return reply
    .code(status)
    .headers({ ...answers.headersOf?.(error) })
    .header('Content-Type', 'application/json; charset=utf-8')
    .send(JSON.stringify(answers.envelope(error)));
}

/** Translates Fastify's errors that clients cause; every other Fastify error is a mistake of the server. */
function fromFastify(error: FastifyError, request: FastifyRequest): AppError | undefined {
  const options = { cause: error };
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new AppError('payload_too_large', `the body is larger than ${limitOf(request)}`, {}, options);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return wrongMediaType();
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new AppError('invalid_request', 'the body is not as long as Content-Length says', {}, options);
    case 'FST_ERR_BAD_URL':
      return new AppError('invalid_request', 'the path is not valid percent-encoded UTF-8', {}, options);
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new AppError('not_found', 'no such resource', {}, options);
    default:
      return undefined;
  }
}

/** The bound of the bodies that a request's route takes, for people. */
function limitOf({ routeOptions: { bodyLimit = 0 } }: FastifyRequest): string {
  return `${Math.floor(bodyLimit / 2 ** 20)} MiB`;
}

export function wrongMediaType(): AppError {
  return new AppError('invalid_request', 'the body must be JSON, with Content-Type: application/json');
}

/** Whether the client closed the connection while it was sending. */
function isAborted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
}

/** What a client may know about anything that was thrown. Unknown errors are logged here, and nowhere else. */
function toAppError(error: unknown, request: FastifyRequest): AppError {
  if (error instanceof AppError) return error;
  const known =
    error instanceof Error && 'code' in error ? fromFastify(error as FastifyError, request) : undefined;
  if (known !== undefined) return known;
  if (isAborted(error)) {
    return new AppError(
      'invalid_request',
      'the connection was closed before the request was complete',
      {},
      { cause: error },
    );
  }
  request.log.error({ err: error, route: request.routeOptions.url }, 'unexpected error');
  return new AppError('internal', `internal error; request ${request.id}`, {}, { cause: error });
}

/** The error handler of a Fastify scope whose errors are answered in this way. */
export function errorHandler(answers: ErrorAnswers) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const appError = toAppError(error, request);
    if (appError.code === 'internal' && error instanceof AppError) {
      request.log.error({ err: error }, 'internal error');
    }
    if (appError.code === 'overloaded' && appError.cause !== undefined) {
      request.log.warn({ err: appError }, 'overloaded: the request was refused');
    }
    request.answeredError = appError;
    sendError(reply, forCaller(appError, request), answers);
  };
}

/** What is wrong with a model is not for everybody. */
function forCaller(error: AppError, { caller }: FastifyRequest): AppError {
  const message = messageFor(error, audienceOf(caller));
  return message === error.message ? error : new AppError(error.code, message, error.details);
}

interface ParseError extends NodeJS.ErrnoException {
  /** What was read last. */
  readonly rawPacket?: unknown;
}

/** Makes the answer to what Node's parser refused, for which there is no request and no reply; it ends the connection. */
export function clientErrorHandler(version: string) {
  return (error: ParseError, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, text] = statusOfParseError(error.code);
    // Whose path it is nobody knows, so it bears the field of every dialect.
    const body = JSON.stringify({ error: text, detail: text, message: text, code: 'invalid_request' });
    const headers = {
      ...baseHeaders(version, newId()),
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      Connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${isHead(error) ? '' : body}`);
  };
}

/** An answer to HEAD has no body; what reads it would take one for the next answer. */
function isHead({ rawPacket }: ParseError): boolean {
  return Buffer.isBuffer(rawPacket) && rawPacket.toString('latin1', 0, 5) === 'HEAD ';
}

function statusOfParseError(code: string | undefined): [status: string, text: string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return ['431 Request Header Fields Too Large', 'the headers are larger than 16 KiB'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['408 Request Timeout', 'the request took too long to arrive'];
    default:
      return ['400 Bad Request', 'this is not a valid HTTP request'];
  }
}
