/** The tokens of a model call, and where the figures come from. */

/** `reported` by the provider, `estimated` with a tokenizer, or `unknown` where neither was possible. */
export type UsageProvenance = 'reported' | 'estimated' | 'unknown';

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly provenance: UsageProvenance;
}

export const unknownUsage: Usage = {
  prompt_tokens: 0,
  completion_tokens: 0,
  total_tokens: 0,
  provenance: 'unknown',
};

/** The usage of a generation that called no model; its zeros are exact. */
export const noUsage: Usage = { ...unknownUsage, provenance: 'reported' };

/** The usage that a provider reported. */
export function reportedUsage(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    provenance: 'reported',
  };
}
