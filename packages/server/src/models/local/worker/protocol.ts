/** The messages between the server and the process in which the local model runs. */
import type { FinishReason } from '../../../domain/generation.ts';
import type { ModelRequest } from '../../language-model.ts';

export interface LoadOptions {
  readonly modelPath: string;
  /** Threads that compute; all sequences share them. */
  readonly threads: number;
  /** Answers generated at once. */
  readonly sequences: number;
  /** Upper bound of the context of each sequence; memory grows with it. */
  readonly contextTokens: number;
}

export interface LocalModelInfo {
  /** As the file calls itself. */
  readonly name: string;
  /** Context of one answer: prompt and answer together. */
  readonly contextTokens: number;
  readonly trainContextTokens: number;
  readonly sizeBytes: number;
  readonly sequences: number;
  readonly threads: number;
  /** node-llama-cpp's name of the chat template in use. */
  readonly chatTemplate: string;
  /** Whether a GPU computes. */
  readonly gpu: string | false;
  /** Measured on a sample, for the estimate of `countTokens`. */
  readonly tokensPerAsciiCharacter: number;
  readonly tokensPerOtherByte: number;
}

export type ToWorker =
  | { readonly type: 'load'; readonly options: LoadOptions }
  | { readonly type: 'generate'; readonly id: number; readonly request: ModelRequest; readonly seed: number }
  | { readonly type: 'cancel'; readonly id: number };

/** What happens in one generation; `end` and `failed` come last, exactly one of them. */
export type GenerationEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | {
      readonly type: 'end';
      readonly reason: FinishReason;
      readonly promptTokens: number;
      readonly completionTokens: number;
    }
  | {
      readonly type: 'failed';
      readonly code: 'context_overflow' | 'provider_error';
      readonly message: string;
    };

export type FromWorker =
  | { readonly type: 'loading'; readonly percent: number }
  | { readonly type: 'ready'; readonly info: LocalModelInfo }
  | { readonly type: 'load-failed'; readonly message: string }
  | { readonly type: 'events'; readonly events: readonly (readonly [id: number, GenerationEvent])[] }
  | { readonly type: 'log'; readonly level: 'warn' | 'error'; readonly message: string };
