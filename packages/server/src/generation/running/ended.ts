/** What is told of a generation that has ended, to the log and the metrics. */
import type { Dialect, GenerationRecord, Outcome } from '../../domain/generation.ts';
import type { ModelRecord } from '../../domain/model.ts';
import type { ModelCall } from '../../domain/usage.ts';
import type { Accounting } from '../calls/accounting.ts';
import type { ProviderError, ProviderTimes } from '../log/live-generation.ts';

/** Whose generation it is, what it runs on, and when it began. */
export interface GenerationFacts extends Accounting {
  readonly dialect: Dialect;
  /** The model that answers; where it is gone, what is still known of it. */
  readonly model: Pick<ModelRecord, 'id' | 'name'> & { readonly provider: string };
  /** The model that was asked first. */
  readonly requestedModelId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds; null where it never started. */
  readonly startedAt: number | null;
}

export interface EndedGeneration {
  readonly generationId: string;
  readonly facts: GenerationFacts;
  readonly outcome: Outcome;
  /** Milliseconds that it waited for other turns of its session. */
  readonly queuedMs: number;
  /** Milliseconds from its start to the first token; null where none came. */
  readonly firstTokenMs: number | null;
  /** Milliseconds from its start to its end. */
  readonly ms: number;
  /** How often calls to providers were made again. */
  readonly retries: number;
  readonly providerErrors: readonly ProviderError[];
  readonly providerTimes: readonly ProviderTimes[];
  /** In the currency of the models' prices; null where no model had prices. */
  readonly cost: number | null;
}

export function factsOf(generation: GenerationRecord): GenerationFacts {
  const { organizationId, environment, endUserId, apiKeyId, personaId } = generation;
  const { dialect, modelId, modelName, provider, requestedModelId, createdAt, startedAt } = generation;
  return {
    organizationId,
    environment,
    endUserId,
    apiKeyId,
    personaId,
    dialect,
    model: { id: modelId, name: modelName, provider },
    requestedModelId,
    createdAt,
    startedAt,
  };
}

export interface End {
  readonly outcome: Outcome;
  readonly firstTokenAt: number | null;
  readonly finishedAt: number;
  readonly retries: number;
  readonly providerErrors: readonly ProviderError[];
  readonly providerTimes: readonly ProviderTimes[];
  readonly cost: ModelCall['cost'];
}

export function endedGeneration(generationId: string, facts: GenerationFacts, end: End): EndedGeneration {
  const { outcome, firstTokenAt, finishedAt, retries, providerErrors, providerTimes, cost } = end;
  const startedAt = facts.startedAt ?? finishedAt;
  return {
    generationId,
    facts,
    outcome,
    queuedMs: Math.max(0, startedAt - facts.createdAt),
    firstTokenMs: firstTokenAt === null ? null : Math.max(0, firstTokenAt - startedAt),
    ms: Math.max(0, finishedAt - startedAt),
    retries,
    providerErrors,
    providerTimes,
    cost,
  };
}

/** A queued generation that ended without a call. `at`: epoch milliseconds. */
export function endedUnstarted(generation: GenerationRecord, outcome: Outcome, at: number): EndedGeneration {
  const none = { firstTokenAt: null, retries: 0, providerErrors: [], providerTimes: [], cost: null };
  return endedGeneration(generation.id, factsOf(generation), { outcome, finishedAt: at, ...none });
}
