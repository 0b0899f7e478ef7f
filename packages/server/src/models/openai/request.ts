/**
 * Builds the body of a Chat Completions request.
 * Format: https://platform.openai.com/docs/api-reference/chat/create
 */
import { type FittedMessages, fitMessages, withSystemInFirstTurn } from '../fit-messages.ts';
import type { ModelRequest } from '../language-model.ts';

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
  /** The role of the instructions; `user`: they are joined into the user's first message. Default `system`. */
  readonly systemRole?: 'system' | 'developer' | 'user';
}

/** OpenAI itself takes `max_completion_tokens` for all models. */
export function completeQuirks(quirks: OpenAiQuirks = {}, baseUrl: string): OpenAiQuirks {
  const isOpenAi = new URL(baseUrl).hostname === 'api.openai.com';
  return { maxTokensField: isOpenAi ? 'max_completion_tokens' : 'max_tokens', ...quirks };
}

export function buildOpenAiBody(
  model: string,
  request: ModelRequest,
  quirks: OpenAiQuirks,
  maxOutputTokens: number | undefined,
): string {
  const { temperature, topP, maxTokens = maxOutputTokens, stop, seed } = request.parameters;
  const fitted = fitMessages(request);
  const body: Record<string, unknown> = {
    model,
    messages: toMessages(fitted, quirks.systemRole),
    stream: true,
  };
  if (quirks.streamOptions !== false) body.stream_options = { include_usage: true };
  if (maxTokens !== undefined) body[quirks.maxTokensField ?? 'max_tokens'] = maxTokens;
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
  return JSON.stringify(body);
}

function toMessages(
  fitted: FittedMessages,
  systemRole: OpenAiQuirks['systemRole'] = 'system',
): readonly { readonly role: string; readonly content: string }[] {
  const turns = systemRole === 'user' ? withSystemInFirstTurn(fitted) : fitted.turns;
  const messages = turns.map(({ role, text }) => ({ role: role as string, content: text }));
  if (systemRole !== 'user' && fitted.system !== '') {
    messages.unshift({ role: systemRole, content: fitted.system });
  }
  return messages;
}
