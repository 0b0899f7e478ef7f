/** What goes wrong at a model. `retryable` is decided once, where the error is born. */
import { AppError } from '../domain/errors.ts';

export class ModelError extends AppError {
  /** Whether the same call may succeed later, if nothing was received yet. */
  readonly retryable: boolean;
  /** What the provider asks to wait (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The provider's HTTP status, where there was one. */
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
