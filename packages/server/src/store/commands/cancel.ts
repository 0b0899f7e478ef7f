/** Durable requests to end a generation, which its owner applies; queued generations end at once. */
import type { LogEvent } from '../../domain/event.ts';
import type { Outcome } from '../../domain/generation.ts';
import { noUsage } from '../../domain/usage.ts';
import type { CommandContext } from '../command-context.ts';
import { type FinishedGeneration, startNext } from './finish-generation.ts';
import { requireOwner } from './owner.ts';
import { insertSegment, lockSession } from './turn-statements.ts';

/** `requested` counts the live ones that nobody had asked to cancel before. */
export async function requestCancel(
  context: CommandContext,
  args: { readonly generationIds: readonly string[]; readonly now: number },
): Promise<{ readonly requested: number }> {
  if (args.generationIds.length === 0) return { requested: 0 };
  const updated = await context.db
    .updateTable('generation')
    .set({ cancel_requested_at: args.now })
    .where('id', 'in', [...args.generationIds])
    .where('status', 'in', ['queued', 'running'])
    .where('cancel_requested_at', 'is', null)
    .executeTakeFirstOrThrow();
  return { requested: Number(updated.numUpdatedRows) };
}

const cancelledUnstarted: Outcome = {
  status: 'cancelled',
  finish_reason: 'cancelled',
  usage: noUsage,
  error: null,
};

/** Ends a turn that is still queued; does nothing to one that has started or ended, whose outcome is null. */
export async function cancelQueued(
  context: CommandContext,
  args: { readonly generationId: string; readonly owner: number; readonly now: number },
): Promise<Pick<FinishedGeneration, 'next'> & { readonly outcome: Outcome | null }> {
  const { db } = context;
  await requireOwner(context, args.owner);
  const generation = await db
    .selectFrom('generation')
    .select('session_id')
    .where('id', '=', args.generationId)
    .executeTakeFirst();
  if (generation === undefined) return { next: null, outcome: null };
  await lockSession(context, generation.session_id);
  const usage = JSON.stringify(cancelledUnstarted.usage);
  const row = await db
    .updateTable('generation')
    .set({ status: 'cancelled', finished_at: args.now, finish_reason: 'cancelled', usage })
    .where('id', '=', args.generationId)
    .where('status', '=', 'queued')
    .returning(['session_id', 'message_id'])
    .executeTakeFirst();
  if (row === undefined) return { next: null, outcome: null };
  await db
    .updateTable('message')
    .set({ status: 'cancelled', usage, updated_at: args.now })
    .where('id', '=', row.message_id)
    .execute();
  const last = await db
    .selectFrom('segment')
    .select((eb) => eb.fn.max('last_seq').as('seq'))
    .where('generation_id', '=', args.generationId)
    .executeTakeFirstOrThrow();
  const seq = Number(last.seq ?? 0) + 1;
  const events: LogEvent[] = [{ type: 'generation-finished', ...cancelledUnstarted }];
  await insertSegment(db, {
    generation_id: args.generationId,
    first_seq: seq,
    last_seq: seq,
    events: JSON.stringify(events),
    is_plain: null,
  });
  const next = await startNext(context, row.session_id, args.owner, args.now);
  return { next, outcome: cancelledUnstarted };
}
