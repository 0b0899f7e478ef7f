/** What of a request for a chat completion is stored to be shown again. */
import type { FinishReason, GenerationParameters } from '../../../../domain/generation.ts';

export interface CompletionEcho {
  readonly dialect: 'completions';
  readonly model: string;
  /** Whether the stream ends with a chunk that tells the usage. */
  readonly includeUsage: boolean;
  /** How many messages the request has added. */
  readonly inputCount?: number;
}

/** `modelName` is shown for what another dialect began. */
export function completionEchoOf(parameters: GenerationParameters, modelName: string): CompletionEcho {
  const request = parameters.request as { readonly dialect?: unknown } | undefined;
  if (request?.dialect === 'completions') return request as CompletionEcho;
  return { dialect: 'completions', model: modelName, includeUsage: false };
}

/** The reasons that OpenAI's clients know; an answer that was cancelled was cut short. */
export function finishReasonOf(reason: FinishReason): Exclude<FinishReason, 'cancelled'> {
  return reason === 'cancelled' ? 'length' : reason;
}
