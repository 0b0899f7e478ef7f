/** The receipt of a generation in whatever state it is. */
import { notFound } from '../../domain/errors.ts';
import { isTerminal } from '../../domain/generation.ts';
import { findReceipt } from '../../store/queries/context.ts';
import type { Database, GenerationTable } from '../../store/tables.ts';
import type { RunPlan } from '../plan/plan.ts';
import { type FittedContext, fitContext } from './fit-context.ts';
import { type ContextReceipt, type StoredReceipt, showReceipt } from './receipt.ts';

/**
 * Of an ended generation the stored one, which its end committed; of one that runs here, what it was sent; else (it
 * is queued, or runs elsewhere, or its process died) what it would be sent now. `live`: as it runs here.
 * @throws AppError not_found, where it ended without calling a model; model_unavailable
 */
export async function readReceipt(
  reads: Database,
  row: Pick<GenerationTable, 'id' | 'status' | 'reply_to' | 'session_id'>,
  live: FittedContext | undefined,
  resolve: () => Promise<RunPlan>,
): Promise<ContextReceipt> {
  if (live !== undefined) return await showReceipt(reads, row, live.receipt(), 'recorded');
  const stored = await findReceipt(reads, row.id);
  if (stored !== undefined) {
    return await showReceipt(reads, row, JSON.parse(stored) as StoredReceipt, 'recorded');
  }
  if (isTerminal(row.status)) throw notFound('context receipt');
  const request = { messageId: row.reply_to, sessionId: row.session_id };
  const expected = await fitContext(reads, await resolve(), request);
  return await showReceipt(reads, row, expected.receipt(), 'expected');
}
