/** The receipt of a generation in whatever state it is. */
import { notFound } from '../../domain/errors.ts';
import { type GenerationRecord, isTerminal } from '../../domain/generation.ts';
import { findReceipt } from '../../store/queries/receipts.ts';
import type { Database } from '../../store/store.ts';
import type { ContextReceipt, StoredReceipt } from '../context-receipt.ts';
import type { RunPlan } from '../plan/plan.ts';
import { type FittedContext, fitContext } from './fit-context.ts';
import { showReceipt } from './receipt.ts';

/**
 * The receipt that an ended generation's last command stored, or what a generation that runs here was sent. A
 * generation that is queued, runs elsewhere, or was left by a dead process has the receipt of what it would be sent
 * now. `live` is the context of a generation that runs here.
 * @throws AppError not_found, where it ended without calling a model; model_unavailable
 */
export async function readReceipt(
  reads: Database,
  generation: Pick<GenerationRecord, 'id' | 'status' | 'replyTo' | 'sessionId'>,
  live: FittedContext | undefined,
  resolve: () => Promise<RunPlan>,
): Promise<ContextReceipt> {
  if (live !== undefined) return await showReceipt(reads, generation, live.receipt(), 'recorded');
  const stored = await findReceipt(reads, generation.id);
  if (stored !== undefined) {
    return await showReceipt(reads, generation, JSON.parse(stored) as StoredReceipt, 'recorded');
  }
  if (isTerminal(generation.status)) throw notFound('context receipt');
  const request = { messageId: generation.replyTo, sessionId: generation.sessionId };
  const expected = await fitContext(reads, await resolve(), request);
  return await showReceipt(reads, generation, expected.receipt(), 'expected');
}
