/** The one interface behind which every model stands: messages and parameters in, a stream of parts out. */
import type { FinishReason } from '../domain/generation.ts';
import type { SamplingParameters } from '../domain/persona.ts';

export interface ModelMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly text: string;
}

export interface ModelRequest {
  /** Oldest first; a system message stands only at the beginning. */
  readonly messages: readonly ModelMessage[];
  readonly parameters: SamplingParameters;
  /**
   * The last message is an assistant's and is to be continued as it stands, to the letter (no new turn). Only
   * for models with `canContinue`.
   */
  readonly continueLast?: boolean;
}

export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** A whole tool call, arguments as JSON text. */
  | { readonly type: 'tool-call'; readonly id: string; readonly name: string; readonly arguments: string }
  | { readonly type: 'usage'; readonly promptTokens: number; readonly completionTokens: number }
  | { readonly type: 'finish'; readonly reason: FinishReason };

export interface LanguageModel {
  /** `openai`, `anthropic`, … as in the model's record. */
  readonly provider: string;
  /** Whether `continueLast` is understood. */
  readonly canContinue: boolean;
  /**
   * Whether an answer follows what the messages ask for. Only such a model can use sources, name a conversation or
   * summarize it; the guide, which only searches the documentation, can't.
   */
  readonly followsPrompts: boolean;
  /** Whether search queries that it writes are better than the user's message; those of small models are not. */
  readonly writesQueries: boolean;
  /**
   * Streams an answer: each item holds the parts that arrived together (one network chunk), never empty.
   * Retries inside, only while nothing was yielded. A stream that ends normally has yielded exactly one
   * `finish`, last; a `usage` where the provider reports one.
   * Aborting `signal` ends the upstream request and makes the iteration throw the signal's reason.
   * @throws ModelError for everything that goes wrong at the model
   */
  stream(
    request: ModelRequest,
    options: { readonly signal: AbortSignal },
  ): AsyncIterable<readonly ModelPart[]>;
  /** Tokens of a text by this model's tokenizer, or by a near one; for estimates and for fitting the context. */
  countTokens(text: string): number;
}
