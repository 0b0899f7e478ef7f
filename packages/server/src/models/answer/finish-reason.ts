/**
 * Why an answer ended, in the words of providers: OpenAI, Azure, Anthropic, Bedrock, Gemini and Vertex, Mistral,
 * DeepSeek, xAI, Groq, Cohere, Ollama, vLLM, SGLang, llama.cpp, TGI, OpenRouter, Together, Zhipu, Qwen, Moonshot, Baidu.
 * Words are compared without case, blanks, dashes and underscores, as `MAX_TOKENS`, `max-tokens` and `maxTokens` are one.
 */
import type { FinishReason } from '../../domain/generation.ts';

/**
 * What a finish reason means. `error`: the provider gave up. `none`: the word only says that the answer goes on.
 * `unknown`: the table does not have it.
 */
export type FinishMeaning = Exclude<FinishReason, 'cancelled'> | 'error' | 'none' | 'unknown';

/** No provider's word is longer, in characters. */
const longestReason = 80;

const words: Readonly<Record<Exclude<FinishMeaning, 'unknown'>, string>> = {
  stop: `stop stopped stop_token stop_sequence stop_string stop_words stop_criteria matched_stop end ended end_turn
    end_of_turn end_of_text end_of_sequence eos eos_token eot endoftext word complete completed completion done finish
    finished normal natural success succeeded ok pause_turn schema_complete`,
  length: `length max_length max_len max_tokens max_token max_output max_output_tokens max_new_tokens max_context
    max_completion_tokens max_tokens_reached max_model_len model_length limit token_limit length_limit length_capped
    context_length context_limit context_window context_length_exceeded context_window_exceeded
    model_context_window_exceeded model_context_length_exceeded truncated truncation incomplete error_limit time_limit`,
  tool_calls: `tool_calls tool_call tool_use tool_uses tools function_call function_calls`,
  content_filter: `content_filter content_filtered content_filtering filter filtered safety safety_filter refusal refused
    sensitive recitation blocklist blocked block prohibited_content spii language moderation moderated flagged
    content_policy content_policy_violation policy_violation guardrail guardrails guardrail_intervened model_armor
    responsible_ai_policy_violation error_toxic toxic image_safety image_recitation image_prohibited_content
    jailbreak risk_control data_inspection_failed`,
  error: `error errored failed failure fail exception abort aborted cancel cancelled canceled user_cancel interrupted
    network_error connection_error server_error internal_error internal_server_error upstream_error provider_error
    model_error engine_error timeout timed_out overloaded unavailable rate_limit rate_limited insufficient_resources
    insufficient_resource insufficient_system_resource insufficient_system_resources out_of_memory
    malformed_function_call malformed_tool_call malformed_tool_use malformed_model_output malformed_response
    unexpected_tool_call too_many_tool_calls missing_thought_signature image_other no_image unload`,
  none: 'null none undefined unspecified in_progress not_finished unfinished running generating continue',
};

const meanings: ReadonlyMap<string, FinishMeaning> = new Map(
  Object.entries(words).flatMap(([meaning, list]) =>
    list.split(/\s+/).map((word) => [keyOf(word), meaning as FinishMeaning] as const),
  ),
);

/** Reads a finish reason; anything but a text that says something is `none`. */
export function finishMeaning(said: unknown): FinishMeaning {
  if (typeof said !== 'string') return 'none';
  const known = meanings.get(said);
  if (known !== undefined) return known;
  const text = said.slice(0, longestReason);
  const key = keyOf(text);
  if (key === '') return 'none';
  return (
    meanings.get(key) ??
    // Vertex and xAI write their enumerations out: `FINISH_REASON_STOP`, `REASON_MAX_LEN`.
    meanings.get(key.replace(/^(finish|stop)?reason/, '')) ??
    partsOf(text).find((meaning) => meaning !== undefined) ??
    'unknown'
  );
}

/** A finish reason as messages show it. */
export function shownReason(said: string): string {
  return said.slice(0, longestReason).replace(/[^\x20-\x7e]+/g, ' ');
}

/** Gemini joins a reason with its cause: `content_filter: RECITATION`, `function_call_filter: MALFORMED_FUNCTION_CALL`. */
function partsOf(text: string): readonly (FinishMeaning | undefined)[] {
  return text
    .split(/[:/,]/)
    .reverse()
    .map((part) => meanings.get(keyOf(part)));
}

function keyOf(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '');
}
