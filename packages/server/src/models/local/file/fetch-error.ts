/** Says why the model's file can't be fetched, in words for the operator. */
export class FetchError extends Error {
  /** Whether another attempt may succeed. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly diskFull: boolean;

  constructor(
    message: string,
    retryable: boolean,
    options: { retryAfterMs?: number | undefined; diskFull?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'FetchError';
    this.retryable = retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.diskFull = options.diskFull ?? false;
  }
}
