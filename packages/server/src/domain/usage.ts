/** Calls of models, the tokens that they used, and where the figures come from. */
import type { Environment } from './scope.ts';

/** `reported` by the provider, `estimated` with a tokenizer, or `unknown` where neither was possible. */
export const usageProvenances = ['reported', 'estimated', 'unknown'] as const;
export type UsageProvenance = (typeof usageProvenances)[number];

/** What a model is called for. */
export const modelCallPurposes = ['answer', 'title', 'summary', 'query', 'fallback', 'test'] as const;
export type ModelCallPurpose = (typeof modelCallPurposes)[number];

/** The stretches of time that a usage report tells apart, in UTC. */
export const usageIntervals = ['hour', 'day', 'month'] as const;
export type UsageInterval = (typeof usageIntervals)[number];

/** What else the lines of a usage report stand for. */
export const usageGroups = ['model', 'persona', 'key', 'user', 'purpose', 'environment'] as const;
export type UsageGroup = (typeof usageGroups)[number];

/** The words of `group_by`: `day` is another name of the interval. */
export const usageGroupings = ['day', ...usageGroups] as const;

/** What a provider told of its figures. What it did not tell, or told to be none, is absent. */
export interface UsageDetails {
  /** Tokens of the prompt that it read from its cache. */
  readonly cached_tokens?: number;
  /** Tokens of the prompt that it wrote into its cache. */
  readonly cache_write_tokens?: number;
  /** Tokens of the answer that are reasoning. */
  readonly reasoning_tokens?: number;
}

/** It is stored and goes to clients as it is: its fields keep the names of the wire. */
export interface Usage extends UsageDetails {
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

/** The usage that a provider reported; undefined where a figure is missing, or no number of tokens. */
export function reportedUsage(
  promptTokens: number,
  completionTokens: number | undefined,
  details: UsageDetails = {},
): Usage | undefined {
  if (!isTokenCount(promptTokens) || !isTokenCount(completionTokens)) return undefined;
  return {
    ...makeUsage(promptTokens, completionTokens, 'reported'),
    ...detailsWithin(promptTokens, completionTokens, details),
  };
}

/** What calls used together. One whose figures are not known adds nothing. */
export function addUsage(one: Usage, other: Usage): Usage {
  if (other.provenance === 'unknown') return one;
  if (one.provenance === 'unknown') return other;
  const promptTokens = one.prompt_tokens + other.prompt_tokens;
  const completionTokens = one.completion_tokens + other.completion_tokens;
  const details = addDetails(one, other);
  const isReported = one.provenance === 'reported' && other.provenance === 'reported';
  const reported = isReported ? reportedUsage(promptTokens, completionTokens, details) : undefined;
  if (reported !== undefined) return reported;
  const estimated = estimatedUsage(promptTokens, completionTokens);
  return { ...estimated, ...detailsWithin(estimated.prompt_tokens, estimated.completion_tokens, details) };
}

const detailNames = ['cached_tokens', 'cache_write_tokens', 'reasoning_tokens'] as const;

function addDetails(one: UsageDetails, other: UsageDetails): UsageDetails {
  return Object.fromEntries(detailNames.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}

/** What can be true: parts are no larger than what they are parts of. */
function detailsWithin(promptTokens: number, completionTokens: number, details: UsageDetails): UsageDetails {
  const { cached_tokens = 0, cache_write_tokens = 0, reasoning_tokens = 0 } = details;
  const isOfPrompt = cached_tokens + cache_write_tokens <= promptTokens;
  return {
    ...(isOfPrompt && isSome(cached_tokens) && { cached_tokens }),
    ...(isOfPrompt && isSome(cache_write_tokens) && { cache_write_tokens }),
    ...(reasoning_tokens <= completionTokens && isSome(reasoning_tokens) && { reasoning_tokens }),
  };
}

function isSome(figure: number): boolean {
  return figure > 0 && isTokenCount(figure);
}

/** A usage that was counted with a tokenizer, or added up; figures that are too large become the largest. */
export function estimatedUsage(promptTokens: number, completionTokens: number): Usage {
  return makeUsage(nearestTokenCount(promptTokens), nearestTokenCount(completionTokens), 'estimated');
}

function makeUsage(promptTokens: number, completionTokens: number, provenance: UsageProvenance): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: nearestTokenCount(promptTokens + completionTokens),
    provenance,
  };
}

/** The largest count of tokens that is kept: that of the store's columns. */
const maxTokenCount = 2 ** 31 - 1;

/** Whether a figure is a number of tokens: an integer from 0 to 2³¹−1. */
export function isTokenCount(figure: unknown): figure is number {
  return Number.isInteger(figure) && (figure as number) >= 0 && (figure as number) <= maxTokenCount;
}

/** The number of tokens that is nearest to a figure; 0 where it is no number. */
export function nearestTokenCount(figure: number): number {
  if (Number.isNaN(figure)) return 0;
  return Math.round(Math.min(Math.max(figure, 0), maxTokenCount));
}

const billion = 1e9;

/** Costs are added up in whole billionths of the prices' currency, since sums of binary fractions are not exact. */
export function toBillionths(cost: number): number {
  return Math.round(cost * billion);
}

export function fromBillionths(billionths: number): number {
  return billionths / billion;
}

/** What calls have cost together; null where none of their models had prices. */
export function totalCost(calls: readonly Pick<ModelCall, 'cost'>[]): number | null {
  let total: number | null = null;
  for (const { cost } of calls) if (cost !== null) total = (total ?? 0) + cost;
  return total;
}

/** One call of a model, as it is accounted. */
export interface ModelCall {
  readonly id: string;
  /** Null for a call that belongs to no generation: a title's, a summary's. */
  readonly generationId: string | null;
  readonly organizationId: string;
  readonly environment: Environment;
  readonly endUserId: string | null;
  readonly apiKeyId: string | null;
  readonly personaId: number | null;
  readonly modelId: string;
  readonly purpose: ModelCallPurpose;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly provenance: UsageProvenance;
  /** Cost of the call, in the currency of the model's prices; null for a model without prices. */
  readonly cost: number | null;
  /** Whether its generation ended with it. Each generation that asked a model has one such call. */
  readonly isRequest: boolean;
  /** Whether the model failed; not where the call was broken off here. */
  readonly isFailed: boolean;
  /** Milliseconds from the request until the first token; absent or null without one. */
  readonly firstTokenMs?: number | null | undefined;
  /** Milliseconds from the request until the end; absent or null for calls that failed or were broken off. */
  readonly durationMs?: number | null | undefined;
  /** The reservation that ends when the call is stored, where it has one of its own. */
  readonly reservationId?: string | undefined;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}
