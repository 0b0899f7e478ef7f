/** What kind of trouble an error's code means for the person who reads it. */
import type { ErrorCode } from '@colloquy/client';
import type { Trouble } from './strings.ts';

const kinds: Readonly<Record<ErrorCode, Trouble>> = {
  invalid_request: 'request',
  invalid_json: 'request',
  unsupported: 'request',
  context_overflow: 'tooLong',
  unauthenticated: 'signIn',
  forbidden: 'forbidden',
  not_found: 'gone',
  method_not_allowed: 'request',
  conflict: 'request',
  in_use: 'request',
  session_busy: 'busy',
  idempotency_mismatch: 'request',
  model_unavailable: 'model',
  payload_too_large: 'tooLong',
  rate_limited: 'busy',
  quota_exhausted: 'spent',
  internal: 'server',
  provider_error: 'model',
  interrupted: 'interrupted',
  overloaded: 'busy',
  provider_timeout: 'model',
  connection: 'connection',
};

/** Codes of newer servers count as the server's fault. */
export function troubleOf(code: string): Trouble {
  return Object.hasOwn(kinds, code) ? kinds[code as ErrorCode] : 'server';
}
