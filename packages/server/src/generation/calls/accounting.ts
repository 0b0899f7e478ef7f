/** Who pays for a call of a model, and what it cost: the one place where a `ModelCall` is made. */
import { newId } from '../../domain/ids.ts';
import type { ModelRecord } from '../../domain/model.ts';
import { type ModelCall, type ModelCallPurpose, nearestTokenCount, type Usage } from '../../domain/usage.ts';
import { costOfTokens } from './call-bounds.ts';

export type Accounting = Pick<
  ModelCall,
  'organizationId' | 'environment' | 'endUserId' | 'apiKeyId' | 'personaId'
>;

/** The part of a whole record that says who pays. */
export function accountingOf(record: Accounting): Accounting {
  const { organizationId, environment, endUserId, apiKeyId, personaId } = record;
  return { organizationId, environment, endUserId, apiKeyId, personaId };
}

/** Milliseconds, as in `ModelCall`. */
export type CallTimes = Pick<ModelCall, 'firstTokenMs' | 'durationMs'>;

export interface SpentCall {
  readonly purpose: ModelCallPurpose;
  /** Null for a call that belongs to no generation. */
  readonly generationId: string | null;
  readonly model: Pick<ModelRecord, 'id' | 'prices'>;
  readonly usage: Usage;
  /** The reservation of this call, if it has one of its own. */
  readonly reservationId?: string | undefined;
  /** Default false. */
  readonly isRequest?: boolean;
  /** Default false. */
  readonly isFailed?: boolean;
  /** How long it took; absent where that is not known. */
  readonly times?: CallTimes;
  /** Epoch milliseconds. */
  readonly at: number;
}

export function modelCall(accounting: Accounting, call: SpentCall): ModelCall {
  const { purpose, generationId, model, usage, at, isRequest = false, isFailed = false, times } = call;
  return {
    ...accountingOf(accounting),
    id: newId(),
    generationId,
    modelId: model.id,
    purpose,
    promptTokens: nearestTokenCount(usage.prompt_tokens),
    completionTokens: nearestTokenCount(usage.completion_tokens),
    provenance: usage.provenance,
    cost: costOf(model, usage),
    isRequest,
    isFailed,
    firstTokenMs: wholeOrNull(times?.firstTokenMs),
    durationMs: wholeOrNull(times?.durationMs),
    ...(call.reservationId !== undefined && { reservationId: call.reservationId }),
    createdAt: at,
  };
}

/** A clock that was set back does not make a time negative. */
function wholeOrNull(ms: number | null | undefined): number | null {
  return typeof ms === 'number' ? Math.max(0, Math.round(ms)) : null;
}

function costOf({ prices }: Pick<ModelRecord, 'prices'>, usage: Usage): number | null {
  if (prices === null) return null;
  const cost = costOfTokens({ prices }, usage.prompt_tokens, usage.completion_tokens);
  return Number.isFinite(cost) ? cost : null;
}
