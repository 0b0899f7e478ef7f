/** The interface of every model: it takes messages and parameters, and gives a stream of parts. */
import type { FinishReason } from '../domain/generation.ts';
import type { SamplingParameters } from '../domain/persona.ts';
import type { Ability, Asked, ImageDetail } from '../domain/request/tools.ts';
import type { UsageDetails } from '../domain/usage.ts';

export type ModelMessagePart =
  | { readonly type: 'text'; readonly text: string }
  /** `url`: an `https:` address, which the provider fetches, or a `data:` address. */
  | { readonly type: 'image'; readonly url: string; readonly detail?: ImageDetail }
  /** In an assistant's message. `arguments`: JSON text. */
  | { readonly type: 'tool-call'; readonly id: string; readonly name: string; readonly arguments: string }
  /** In a tool's message. `id`: that of the call. */
  | { readonly type: 'tool-result'; readonly id: string; readonly result: string };

export interface ModelMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  /** Its plain text; of a tool's message, the results. */
  readonly text: string;
  /** All that it says, the text too, where it says more than a text. */
  readonly parts?: readonly ModelMessagePart[];
}

/** What a model reads of a request. */
export interface ModelPrompt extends Asked {
  /**
   * Oldest first. Any list will do: each model fits it to the form that it takes (`fit-messages.ts`), so that roles need
   * not alternate, messages may be blank, and calls may lack a result.
   */
  readonly messages: readonly ModelMessage[];
}

export interface ModelRequest extends ModelPrompt {
  readonly parameters: SamplingParameters;
  /**
   * Whether the last message, which is then an assistant's, is to be continued to the letter, without a new turn. Only
   * for models with `canContinue`.
   */
  readonly continueLast?: boolean;
  /** Whether an answer that ends in order without a word is no failure. Default: it is one. */
  readonly mayBeEmpty?: boolean;
  /** Whether the model is to answer without thinking first. Only for models with `skipsReasoning`; others ignore it. */
  readonly withoutReasoning?: boolean;
}

export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** All text before it was reasoning. */
  | { readonly type: 'text-was-reasoning' }
  /** A whole tool call, with its arguments as JSON text. */
  | { readonly type: 'tool-call'; readonly id: string; readonly name: string; readonly arguments: string }
  /**
   * Integers from 0 to 2³¹−1. `completionTokens` is absent where the provider has not told it (yet), `details` where it
   * tells none.
   */
  | {
      readonly type: 'usage';
      readonly promptTokens: number;
      readonly completionTokens?: number;
      readonly details?: UsageDetails;
    }
  | { readonly type: 'finish'; readonly reason: FinishReason };

/** A failure after which a call is made again. */
export interface RetriedFailure {
  /** The HTTP status of the provider's response; undefined if there was none. */
  readonly status: number | undefined;
  /** What went wrong, in a sentence without a word of the conversation. */
  readonly discreet: string;
}

export interface LanguageModel {
  /** The provider as the model's record names it. The guide says `guide`, also where it stands in for another model. */
  readonly provider: string;
  /** Stands for the provider's address and the key that calls are made with; absent where neither is used. */
  readonly account?: string;
  /** What it can't do; a request that asks for it must not be sent. Absent: nothing is known to be missing. */
  readonly lacks?: readonly Ability[];
  /** Why an answer can't be held to a JSON Schema, as a clause; undefined where it can. Absent: the provider says. */
  unfitSchema?(schema: Readonly<Record<string, unknown>>): string | undefined;
  /** Whether `continueLast` is understood. */
  readonly canContinue: boolean;
  /**
   * Whether an answer follows what the messages ask for. Only such a model can use sources, name a conversation or
   * summarize it; the guide, which only searches the documentation, can't.
   */
  readonly followsPrompts: boolean;
  /** Whether search queries that it writes are better than the user's message; those of small models are not. */
  readonly writesQueries: boolean;
  /** Whether a request can ask for an answer without reasoning; absent: no, or nobody knows how. */
  readonly skipsReasoning?: boolean;
  /**
   * Streams an answer. Each item holds the parts that arrived together (one network chunk), at least one. A failed call
   * is retried inside, but only while nothing was yielded. A stream that ends normally has yielded exactly one
   * `finish`, as its last part. `usage` comes where the provider reports it, as often as it does; the last one counts, also
   * where the stream breaks off.
   * Aborting `signal` ends the request to the provider and makes the iteration throw the signal's reason.
   * @throws ModelError for everything that goes wrong at the model
   */
  stream(
    request: ModelRequest,
    options: {
      readonly signal: AbortSignal;
      /** Called with each failure after which the call is made again. */
      readonly onRetry?: ((failure: RetriedFailure) => void) | undefined;
      /** Whether another model could answer at once, so that no retry is waited for long. Default: none could. */
      readonly isHurried?: (() => boolean) | undefined;
    },
  ): AsyncIterable<readonly ModelPart[]>;
  /** The bound on an answer's length, in tokens, that is sent where the request has none. Absent: none is sent. */
  readonly defaultMaxTokens?: number | undefined;
  /** Counts the tokens of a text by this model's tokenizer or a similar one, for estimates and to fit the context. */
  countTokens(text: string): number;
}
