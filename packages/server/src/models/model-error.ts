/** The error of a model call. Whether it is retryable is decided once, where the error is made. */
import { AppError } from '../domain/errors.ts';

export class ModelError extends AppError {
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** How long the provider asks to wait (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The HTTP status of the provider's response, if there was one. */
  readonly status: number | undefined;

  constructor(
    code: 'provider_error' | 'provider_timeout' | 'context_overflow' | 'model_unavailable' | 'overloaded',
    message: string,
    options: {
      retryable: boolean;
      retryAfterMs?: number | undefined;
      status?: number | undefined;
      cause?: unknown;
    },
  ) {
    super(code, message, {}, { cause: options.cause });
    this.name = 'ModelError';
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
  }
}
