/**
 * Builds the body of a Chat Completions request.
 * Format: https://platform.openai.com/docs/api-reference/chat/create
 */
import type { SystemRole } from '../../domain/model.ts';
import { type FittedMessages, fitMessages, withSystemInFirstTurn } from '../fit-messages.ts';
import type { ModelRequest } from '../language-model.ts';
import type { RemoteModelOptions } from '../upstream/remote-model.ts';

/** How servers of this format differ. The defaults suit vLLM, Ollama, llama.cpp's server and OpenRouter. */
export interface OpenAiQuirks {
  /**
   * The field that bounds the answer's length. OpenAI's reasoning models refuse `max_tokens`; most other servers know
   * nothing else. Default: `max_completion_tokens` at api.openai.com, else `max_tokens`.
   */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** The field of the seed; null: the server refuses seeds, so none is sent. Default `seed`. */
  readonly seedField?: 'seed' | 'random_seed' | null;
  /** Whether the server understands `stream_options.include_usage`. Default true. */
  readonly streamOptions?: boolean;
}

/** OpenAI itself takes `max_completion_tokens` for all models. */
export function completeQuirks(quirks: OpenAiQuirks = {}, baseUrl: string): OpenAiQuirks {
  const isOpenAi = new URL(baseUrl).hostname === 'api.openai.com';
  return { maxTokensField: isOpenAi ? 'max_completion_tokens' : 'max_tokens', ...quirks };
}

/** The settings of a model that its requests' bodies depend on. */
export type BodySettings = Pick<
  RemoteModelOptions,
  'maxOutputTokens' | 'tokenField' | 'systemRole' | 'stream' | 'extraBody'
>;

export function buildOpenAiBody(
  model: string,
  request: ModelRequest,
  quirks: OpenAiQuirks,
  settings: BodySettings,
): string {
  const { maxOutputTokens, tokenField = 'auto', systemRole = 'system', stream = true, extraBody } = settings;
  const { temperature, topP, maxTokens = maxOutputTokens, stop, seed } = request.parameters;
  const fitted = fitMessages(request);
  const body: Record<string, unknown> = {
    model,
    messages: toMessages(fitted, systemRole),
    stream,
  };
  if (stream && quirks.streamOptions !== false) body.stream_options = { include_usage: true };
  const lengthField = tokenField === 'auto' ? (quirks.maxTokensField ?? 'max_tokens') : tokenField;
  if (maxTokens !== undefined) body[lengthField] = maxTokens;
  if (temperature !== undefined) body.temperature = temperature;
  if (topP !== undefined) body.top_p = topP;
  if (stop !== undefined && stop.length > 0) body.stop = stop;
  const seedField = quirks.seedField === undefined ? 'seed' : quirks.seedField;
  if (seed !== undefined && seedField !== null) body[seedField] = seed;
  if (fitted.continueLast) {
    // These are vLLM's names. The stream then begins right after the prefix.
    body.continue_final_message = true;
    body.add_generation_prompt = false;
  }
  return JSON.stringify({ ...body, ...extraBody });
}

function toMessages(
  fitted: FittedMessages,
  systemRole: SystemRole,
): readonly { readonly role: string; readonly content: string }[] {
  const turns = systemRole === 'user' ? withSystemInFirstTurn(fitted) : fitted.turns;
  const messages = turns.map(({ role, text }) => ({ role: role as string, content: text }));
  if (systemRole !== 'user' && fitted.system !== '') {
    messages.unshift({ role: systemRole, content: fitted.system });
  }
  return messages;
}
