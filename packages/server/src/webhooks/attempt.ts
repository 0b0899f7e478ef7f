/** One attempt to deliver a message: a POST that is bounded in time and in what is read of its answer. */
import { type Dispatcher, request } from 'undici';
import { parseRetryAfterMs } from '../domain/headers/retry-after.ts';
import { explainConnectionFailure } from '../network/connection-failure.ts';

export interface AttemptRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly dispatcher: Dispatcher;
  /** For the connection, the request and the answer together. */
  readonly timeoutMs: number;
  /** Breaks the attempt off. */
  readonly signal: AbortSignal;
}

export type AttemptResult =
  | { readonly kind: 'delivered'; readonly status: number }
  | {
      readonly kind: 'failed';
      /** Null: there was no answer. */
      readonly status: number | null;
      /** Why, as a sentence without addresses and credentials. */
      readonly error: string;
      /** What the receiver asks to wait; 0: nothing. */
      readonly retryAfterMs: number;
    };

/** What is read of an answer, so that its connection can be used again; the answer itself is of no interest. */
const maxAnswerBytes = 16_384;

/** @throws the signal's reason */
export async function attemptDelivery(attempt: AttemptRequest): Promise<AttemptResult> {
  const { url, headers, body, dispatcher, timeoutMs } = attempt;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([attempt.signal, deadline]);
  const failed = (error: string, status: number | null = null, retryAfterMs = 0): AttemptResult => ({
    kind: 'failed',
    status,
    error,
    retryAfterMs,
  });
  try {
    const response = await request(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'colloquy' },
      body,
      dispatcher,
      signal,
    });
    // Its status is the answer, however its body ends.
    await response.body.dump({ limit: maxAnswerBytes, signal }).catch(() => undefined);
    const { statusCode: status } = response;
    if (status >= 200 && status < 300) return { kind: 'delivered', status };
    if (status >= 300 && status < 400)
      return failed(`the receiver answered ${status}, and redirects are not followed`, status);
    const asks = status === 429 || status === 503;
    const retryAfterMs = asks ? (parseRetryAfterMs(response.headers, Date.now()) ?? 0) : 0;
    return failed(`the receiver answered ${status}`, status, retryAfterMs);
  } catch (error) {
    attempt.signal.throwIfAborted();
    if (deadline.aborted) return failed(`there was no answer within ${timeoutMs / 1000} seconds`);
    const explained = explainConnectionFailure(error)?.reason;
    return failed(`the receiver can't be reached: ${explained ?? codeOf(error)}`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'the connection failed';
}
