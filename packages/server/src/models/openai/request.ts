/**
 * The body of a Chat Completions request.
 * Format: https://platform.openai.com/docs/api-reference/chat/create
 */
import type { ModelRequest } from '../language-model.ts';

/** Where servers of this format differ; the defaults suit vLLM, Ollama, llama.cpp's server and OpenRouter. */
export interface OpenAiQuirks {
  /** OpenAI's reasoning models refuse `max_tokens`; most other servers know nothing else. Default `max_tokens`. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** The seed's name; null: the server refuses one, so none is sent. Default `seed`. */
  readonly seedField?: 'seed' | 'random_seed' | null;
  /** Whether `stream_options.include_usage` is understood. Default true. */
  readonly streamOptions?: boolean;
}

export function buildOpenAiBody(
  model: string,
  request: ModelRequest,
  quirks: OpenAiQuirks,
  maxOutputTokens: number | undefined,
): string {
  const { temperature, top_p, max_tokens = maxOutputTokens, stop, seed } = request.parameters;
  const body: Record<string, unknown> = {
    model,
    messages: request.messages.map(({ role, text }) => ({ role, content: text })),
    stream: true,
  };
  if (quirks.streamOptions !== false) body.stream_options = { include_usage: true };
  if (max_tokens !== undefined) body[quirks.maxTokensField ?? 'max_tokens'] = max_tokens;
  if (temperature !== undefined) body.temperature = temperature;
  if (top_p !== undefined) body.top_p = top_p;
  if (stop !== undefined && stop.length > 0) body.stop = stop;
  const seedField = quirks.seedField === undefined ? 'seed' : quirks.seedField;
  if (seed !== undefined && seedField !== null) body[seedField] = seed;
  if (request.continueLast === true) {
    // vLLM's names; the stream then begins right after the prefix.
    body.continue_final_message = true;
    body.add_generation_prompt = false;
  }
  return JSON.stringify(body);
}
