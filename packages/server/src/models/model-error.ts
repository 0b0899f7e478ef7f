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

/** A code such as `insufficient_quota`: one word that no conversation is quoted in. */
const identifier = /^[a-z][\w.-]{0,63}$/i;
/** With these, a provider speaks of the key, of its limits or of its own state, and has not read the prompt. */
const statusesOfService: ReadonlySet<number> = new Set([401, 402, 408, 429, 502, 503, 504, 529]);

export class ModelError extends AppError {
  /** What went wrong without anything that may quote the prompt or the answer, for whoever may not read these. */
  readonly discreet: string;
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

  /** @param sentence what went wrong, in our own words; `said`, if any, is added to it behind a colon */
  constructor(
    code: 'provider_error' | 'provider_timeout' | 'context_overflow' | 'model_unavailable' | 'overloaded',
    sentence: string,
    options: {
      /** The provider's own words on one line, cut off at a bound. */
      said?: string | undefined;
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
    const { said = '' } = options;
    super(code, storable(said === '' ? sentence : `${sentence}: ${said}`), {}, { cause: options.cause });
    this.name = 'ModelError';
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
    this.words = options.words && storableWords(options.words);
    this.isLoading = options.isLoading === true;
    this.overflow = options.overflow;
    this.refused = options.refused ?? [];
    const isOfService = this.status !== undefined && statusesOfService.has(this.status);
    this.discreet = said === '' || isOfService ? this.message : withCode(storable(sentence), this.words);
  }
}

function withCode(sentence: string, words: ProviderWords | undefined): string {
  const code = [words?.code, words?.type].find((word) => word !== undefined && identifier.test(word));
  return code === undefined ? sentence : `${sentence} (${code})`;
}

function storableWords({ message, type, code, param }: ProviderWords): ProviderWords {
  const of = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : storable(text);
  return { message: storable(message), type: of(type), code: of(code), param: of(param) };
}
