/** Reads model calls as they are added up. */

import type { ModelCallTable } from '../queries/usage-tables.ts';
import type { Database, GenerationTable } from '../tables.ts';
import type { CountedCall } from './rollup.ts';

const columns = [
  'call.organization_id',
  'call.environment',
  'call.api_key_id',
  'call.persona_id',
  'call.model_id',
  'call.purpose',
  'call.prompt_tokens',
  'call.completion_tokens',
  'call.provenance',
  'call.cost',
  'call.created_at',
  'call.is_request',
  'call.is_failed',
  'call.first_token_ms',
  'call.duration_ms',
  // A user who was erased is nobody.
  'end_user.id as end_user_id',
] as const;

/** Calls of `model_call`, as `call`, with their end users. */
export function selectCalls(db: Database) {
  return db
    .selectFrom('model_call as call')
    .leftJoin('end_user', 'end_user.id', 'call.end_user_id')
    .select(columns);
}

/** Calls that no rollup holds yet, as `pending` and `call`, with what tells how long those of earlier versions took. */
export function selectPendingCalls(db: Database) {
  return db
    .selectFrom('usage_pending as pending')
    .innerJoin('model_call as call', 'call.id', 'pending.call_id')
    .leftJoin('end_user', 'end_user.id', 'call.end_user_id')
    .leftJoin('generation', (join) =>
      join.onRef('generation.id', '=', 'call.generation_id').on('pending.is_before', '=', 1),
    )
    .select(columns)
    .select([
      'generation.status',
      'generation.started_at',
      'generation.first_token_at',
      'generation.finished_at',
    ]);
}

type CallRow = Omit<ModelCallTable, 'id' | 'generation_id'> & Partial<GenerationTimes>;
type GenerationTimes = {
  readonly [K in 'status' | 'started_at' | 'first_token_at' | 'finished_at']: GenerationTable[K] | null;
};

export function toCountedCall(row: CallRow): CountedCall {
  // Before this was kept, each answer was a request.
  const isRequest = row.is_request === null ? row.purpose === 'answer' : row.is_request === 1;
  return {
    organizationId: row.organization_id,
    environment: row.environment,
    endUserId: row.end_user_id,
    apiKeyId: row.api_key_id,
    personaId: row.persona_id,
    modelId: row.model_id,
    purpose: row.purpose,
    promptTokens: row.prompt_tokens,
    completionTokens: row.completion_tokens,
    provenance: row.provenance,
    cost: row.cost,
    createdAt: row.created_at,
    isRequest,
    isFailed: row.is_failed === 1,
    firstTokenMs: row.first_token_ms,
    durationMs: row.duration_ms,
    ...(isRequest && timesOfGeneration(row)),
  };
}

function timesOfGeneration({ status, started_at: start, first_token_at: first, finished_at: end }: CallRow) {
  if (typeof start !== 'number') return {};
  const since = (at: number | null | undefined): number | null =>
    typeof at === 'number' ? Math.max(0, at - start) : null;
  return { firstTokenMs: since(first), durationMs: status === 'done' ? since(end) : null };
}
