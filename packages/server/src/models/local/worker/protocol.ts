/** The messages between the server and the process that runs the local model. */
import type { FinishReason } from '../../../domain/generation.ts';
import type { ModelRequest } from '../../language-model.ts';
import type { Overflow } from '../../refusals/overflow.ts';

export interface LoadOptions {
  readonly modelPath: string;
  /** The threads that compute, shared by all sequences. */
  readonly threads: number;
  /** How many answers are generated at once. */
  readonly sequences: number;
  /** The most tokens of each sequence's context; memory grows with it. */
  readonly contextTokens: number;
}

export interface LocalModelInfo {
  /** The name that the file gives itself. */
  readonly name: string;
  /** The tokens of one answer's context, prompt and answer together. */
  readonly contextTokens: number;
  readonly trainContextTokens: number;
  readonly sizeBytes: number;
  readonly sequences: number;
  readonly threads: number;
  /** node-llama-cpp's name for the chat template in use. */
  readonly chatTemplate: string;
  /** The kind of GPU that computes; false where the CPU does. */
  readonly gpu: string | false;
  /** Measured on a sample text, for the estimate of `countTokens`. */
  readonly tokensPerAsciiCharacter: number;
  readonly tokensPerOtherByte: number;
}

export type ToWorker =
  | { readonly type: 'load'; readonly options: LoadOptions }
  | { readonly type: 'generate'; readonly id: number; readonly request: ModelRequest; readonly seed: number }
  | { readonly type: 'cancel'; readonly id: number };

/** An event of one generation. The last one is `end` or `failed`. */
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
      /** With `context_overflow`. */
      readonly overflow?: Overflow;
    };

export type FromWorker =
  | { readonly type: 'loading'; readonly percent: number }
  | { readonly type: 'ready'; readonly info: LocalModelInfo }
  | { readonly type: 'load-failed'; readonly message: string }
  | { readonly type: 'events'; readonly events: readonly (readonly [id: number, GenerationEvent])[] }
  | { readonly type: 'log'; readonly level: 'warn' | 'error'; readonly message: string };
