/** Accounts calls of models; other commands run the statement in their transaction. */
import type { ModelCall } from '../../domain/usage.ts';
import type { CommandContext } from '../command-context.ts';
import { answersInOrder, statement } from '../statement.ts';
import type { Database } from '../tables.ts';
import { release } from './reservations.ts';

interface CallRow
  extends Omit<ModelCall, 'isRequest' | 'isFailed' | 'reservationId' | 'firstTokenMs' | 'durationMs'> {
  readonly isRequest: number;
  readonly isFailed: number;
  readonly firstTokenMs: number | null;
  readonly durationMs: number | null;
}

const insertCall = statement<CallRow, unknown>((db, param) =>
  db
    .insertInto('model_call')
    .values({
      id: param('id'),
      generation_id: param('generationId'),
      organization_id: param('organizationId'),
      environment: param('environment'),
      end_user_id: param('endUserId'),
      api_key_id: param('apiKeyId'),
      persona_id: param('personaId'),
      model_id: param('modelId'),
      purpose: param('purpose'),
      prompt_tokens: param('promptTokens'),
      completion_tokens: param('completionTokens'),
      provenance: param('provenance'),
      cost: param('cost'),
      created_at: param('createdAt'),
      is_request: param('isRequest'),
      is_failed: param('isFailed'),
      first_token_ms: param('firstTokenMs'),
      duration_ms: param('durationMs'),
    })
    // A command is retried with the same calls if its answer was lost.
    .onConflict((conflict) => conflict.column('id').doNothing()),
);

/** Also ends the reservation of a call that had one of its own. */
export async function insertModelCall(db: Database, call: ModelCall): Promise<void> {
  const row = {
    ...call,
    isRequest: Number(call.isRequest),
    isFailed: Number(call.isFailed),
    firstTokenMs: call.firstTokenMs ?? null,
    durationMs: call.durationMs ?? null,
  };
  const inserted = insertCall(db, row);
  if (call.reservationId === undefined) await inserted;
  else await answersInOrder([inserted, release(db, { id: call.reservationId })]);
}

/** Accounts calls that no other command stores, because what they were made for has failed. */
export async function accountCalls(
  { db }: CommandContext,
  { modelCalls }: { readonly modelCalls: readonly ModelCall[] },
): Promise<null> {
  for (const call of modelCalls) await insertModelCall(db, call);
  return null;
}
