/** The one error type of the program; each dialect writes its own envelope from it. */

import type { LimitReference } from './limits/limits.ts';

/** Every code a client may see, before or inside a stream. A new one needs its status in `http/answer/errors.ts`. */
export const errorCodes = [
  'invalid_request',
  'invalid_json',
  'unsupported',
  'context_overflow',
  'unauthenticated',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'conflict',
  'in_use',
  'session_busy',
  'idempotency_mismatch',
  'model_unavailable',
  'payload_too_large',
  'rate_limited',
  'quota_exhausted',
  'internal',
  'provider_error',
  'interrupted',
  'overloaded',
  'provider_timeout',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** What is wrong with a field: it is missing, unknown, of another type, or has a value that is not allowed. */
export type InputProblem = 'missing' | 'unknown' | 'type' | 'value';

/** What some errors add for machines; everything here is safe to show to the client. */
export interface ErrorDetails {
  /** The input field that is wrong, as a path: `persona.alias`. */
  readonly field?: string;
  /** What is wrong with it (`invalid_request`). Absent: its value. */
  readonly problem?: InputProblem;
  /** The generation that keeps a session busy (`session_busy`). */
  readonly generation_id?: string;
  /** The limit that refused (`rate_limited`, `quota_exhausted`). */
  readonly limit?: LimitReference;
  /** Seconds until a retry makes sense (`rate_limited`, `quota_exhausted`, `overloaded`). */
  readonly retry_after_seconds?: number;
  /** The HTTP status of the provider's response, if there was one (`provider_error`). */
  readonly provider_status?: number;
}

/** An error whose message may be shown to the client. Anything else that is thrown becomes `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }
}

export function invalid(field: string, message: string, problem?: InputProblem): AppError {
  return new AppError('invalid_request', message, { field, ...(problem !== undefined && { problem }) });
}

export function unauthenticated(message: string, options?: { cause?: unknown }): AppError {
  return new AppError('unauthenticated', message, {}, options);
}

export function notFound(what: string): AppError {
  return new AppError('not_found', `${what} not found`);
}

/** An error as plain data, to cross a thread or to be stored. */
export interface SerializedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

export function serializeError(error: AppError): SerializedError {
  return { code: error.code, message: error.message, details: error.details };
}

export function deserializeError(error: SerializedError): AppError {
  return new AppError(error.code, error.message, error.details);
}
