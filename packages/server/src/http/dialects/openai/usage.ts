/** A generation's usage in OpenAI's fields; details are 0 where they are not known. */
import type { Usage } from '../../../domain/usage.ts';

export function completionUsage(usage: Usage) {
  const { prompt_tokens, completion_tokens, total_tokens, provenance } = usage;
  const { cached_tokens = 0, reasoning_tokens = 0 } = usage;
  return {
    ...{ prompt_tokens, completion_tokens, total_tokens },
    prompt_tokens_details: { cached_tokens },
    completion_tokens_details: { reasoning_tokens },
    provenance,
  };
}

export function responseUsage(usage: Usage) {
  const { prompt_tokens, completion_tokens, total_tokens, provenance } = usage;
  const { cached_tokens = 0, cache_write_tokens = 0, reasoning_tokens = 0 } = usage;
  return {
    input_tokens: prompt_tokens,
    input_tokens_details: { cached_tokens, cache_write_tokens },
    output_tokens: completion_tokens,
    output_tokens_details: { reasoning_tokens },
    total_tokens,
    provenance,
  };
}

export type ResponseUsage = ReturnType<typeof responseUsage>;
