/** The error of a model call. Whether it is retryable is decided once, where the error is made. */
import { AppError } from '../domain/errors.ts';
import type { RefusableParameter } from '../domain/model.ts';
import { storable } from '../domain/text/storable.ts';
import type { Overflow } from './refusals/overflow.ts';

/** What a provider said about a failure, in its own words and up to a bound; its key is struck out. */
export interface ProviderWords {
  readonly message: string;
  readonly type?: string | undefined;
  readonly code?: string | undefined;
  /** The field of the request that the provider names. */
  readonly param?: string | undefined;
}

export class ModelError extends AppError {
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** How long the provider asks to wait (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The HTTP status of the provider's response, if there was one. */
  readonly status: number | undefined;
  /** Undefined where the provider said nothing: the connection failed, or what it sent was no answer. */
  readonly words: ProviderWords | undefined;
  /** Whether the provider is still loading the model, so that waiting helps. */
  readonly isLoading: boolean;
  /** What the provider said of its window, where the prompt was too long for it. */
  readonly overflow: Overflow | undefined;
  /** Parameters that the provider does not take, the first to be left out first; empty where it is about something else. */
  readonly refused: readonly RefusableParameter[];

  constructor(
    code: 'provider_error' | 'provider_timeout' | 'context_overflow' | 'model_unavailable' | 'overloaded',
    message: string,
    options: {
      retryable: boolean;
      retryAfterMs?: number | undefined;
      status?: number | undefined;
      words?: ProviderWords | undefined;
      isLoading?: boolean | undefined;
      overflow?: Overflow | undefined;
      refused?: readonly RefusableParameter[] | undefined;
      cause?: unknown;
    },
  ) {
    // The words of strangers; what is said of a failure is stored in many places.
    super(code, storable(message), {}, { cause: options.cause });
    this.name = 'ModelError';
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
    this.words = options.words && storableWords(options.words);
    this.isLoading = options.isLoading === true;
    this.overflow = options.overflow;
    this.refused = options.refused ?? [];
  }
}

function storableWords({ message, type, code, param }: ProviderWords): ProviderWords {
  const of = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : storable(text);
  return { message: storable(message), type: of(type), code: of(code), param: of(param) };
}
