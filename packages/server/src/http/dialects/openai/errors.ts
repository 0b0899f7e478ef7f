/** Errors as OpenAI's clients know them: `{"error": {message, type, param, code}}`, with statuses and codes of their own. */
import { AppError, type ErrorCode, type ErrorDetails, type InputProblem } from '../../../domain/errors.ts';
import { type ErrorAnswers, type ErrorBody, UnknownPathError } from '../../answer/errors.ts';

type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'rate_limit_error'
  | 'server_error';

/** Codes that say more than the program's own. */
const openAiCodes = [
  'model_not_found',
  'previous_response_not_found',
  'unsupported_parameter',
  'unsupported_value',
] as const;
type OpenAiCode = (typeof openAiCodes)[number];

/** An error that OpenAI has a code of its own for. */
export class OpenAiError extends AppError {
  readonly openAiCode: OpenAiCode;

  constructor(openAiCode: OpenAiCode, message: string, field?: string) {
    super(codeBehind[openAiCode], message, field === undefined ? {} : { field });
    this.name = 'OpenAiError';
    this.openAiCode = openAiCode;
  }
}

const codeBehind: Readonly<Record<OpenAiCode, ErrorCode>> = {
  model_not_found: 'not_found',
  previous_response_not_found: 'invalid_request',
  unsupported_parameter: 'unsupported',
  unsupported_value: 'unsupported',
};

interface Form {
  readonly type: ErrorType;
  readonly code: string;
  /** Where it is not the program's own for the error. */
  readonly status?: number;
}

const forms: Readonly<Record<ErrorCode, Form>> = {
  invalid_request: { type: 'invalid_request_error', code: 'invalid_value' },
  invalid_json: { type: 'invalid_request_error', code: 'invalid_json' },
  unsupported: { type: 'invalid_request_error', code: 'unsupported_value' },
  context_overflow: { type: 'invalid_request_error', code: 'context_length_exceeded' },
  unauthenticated: { type: 'authentication_error', code: 'invalid_api_key' },
  forbidden: { type: 'permission_error', code: 'forbidden' },
  not_found: { type: 'invalid_request_error', code: 'not_found' },
  method_not_allowed: { type: 'invalid_request_error', code: 'unknown_url', status: 404 },
  conflict: { type: 'invalid_request_error', code: 'conflict' },
  in_use: { type: 'invalid_request_error', code: 'conflict' },
  session_busy: { type: 'invalid_request_error', code: 'conversation_locked' },
  idempotency_mismatch: { type: 'invalid_request_error', code: 'idempotency_mismatch' },
  model_unavailable: { type: 'invalid_request_error', code: 'model_not_found', status: 404 },
  payload_too_large: { type: 'invalid_request_error', code: 'payload_too_large' },
  rate_limited: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  quota_exhausted: { type: 'rate_limit_error', code: 'insufficient_quota' },
  internal: { type: 'server_error', code: 'internal' },
  provider_error: { type: 'server_error', code: 'provider_error' },
  interrupted: { type: 'server_error', code: 'interrupted' },
  overloaded: { type: 'server_error', code: 'overloaded' },
  provider_timeout: { type: 'server_error', code: 'provider_timeout' },
};

const codeOfProblem: Readonly<Record<InputProblem, string>> = {
  missing: 'missing_required_parameter',
  unknown: 'unknown_parameter',
  type: 'invalid_type',
  value: 'invalid_value',
};

/** What the provider answers to a request that it refuses: a schema or an image that it does not take. */
const refusals: readonly unknown[] = [400, 413, 422];

const rejected: Form = { type: 'invalid_request_error', code: 'provider_rejected', status: 400 };

/** A failure before it is an answer or an event. */
export interface Failed {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: ErrorDetails;
}

function formOf(error: Failed): Form {
  const form = forms[error.code];
  if (error instanceof UnknownPathError) return { ...form, code: 'unknown_url' };
  if (error instanceof OpenAiError) return { ...form, code: error.openAiCode };
  const { problem, provider_status: providerStatus } = error.details ?? {};
  if (error.code === 'provider_error' && refusals.includes(providerStatus)) return rejected;
  if (error.code === 'invalid_request' && problem !== undefined)
    return { ...form, code: codeOfProblem[problem] };
  return form;
}

/** The code that clients of `/v1` see. */
export function openAiCodeOf(error: Failed): string {
  return formOf(error).code;
}

export interface OpenAiErrorObject {
  readonly message: string;
  readonly type: ErrorType;
  /** The field that is wrong, as a path like `input[2].content[0].type`; empty where none is meant. */
  readonly param: string;
  readonly code: string;
  readonly generation_id?: string;
}

export function errorObject(error: Failed): OpenAiErrorObject {
  const { type, code } = formOf(error);
  const { field = '', generation_id: generationId } = error.details ?? {};
  return {
    ...{ message: error.message, type, param: field.replace(/\.(\d+)(?=\.|$)/g, '[$1]'), code },
    ...(generationId !== undefined && { generation_id: generationId }),
  };
}

/** Codes of errors after which the same request may succeed. */
const mayRetry: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'quota_exhausted',
  'overloaded',
  'interrupted',
  'session_busy',
]);

/** Seconds that a client waits for a conversation that is still answering. */
const busySeconds = 1;

export const openAiErrors = {
  envelope: (error: AppError): ErrorBody => ({ error: errorObject(error) }),
  statusOf: (error: AppError) => formOf(error).status,
  headersOf: (error: AppError) => ({
    ...(!mayRetry.has(error.code) && { 'X-Should-Retry': 'false' }),
    ...(error.code === 'session_busy' && { 'Retry-After': String(busySeconds) }),
  }),
} satisfies ErrorAnswers;
