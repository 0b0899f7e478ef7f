/** The terminal state of a generation: one compare-and-set, with its last events, its message and its usage. */
import { sql } from 'kysely';
import type { EventRun, LogEvent } from '../../domain/event.ts';
import type { GenerationStatus, Outcome } from '../../domain/generation.ts';
import type { ModelCall } from '../../domain/usage.ts';
import type { CommandContext } from '../command-context.ts';
import { statement } from '../statement.ts';
import { insertModelCall } from './model-calls.ts';
import { requireOwner } from './owner.ts';
import { insertReceipt } from './receipts.ts';
import { insertSegment, liveOfSession, lockSession } from './turn-statements.ts';

export interface FinishGeneration {
  readonly owner: number;
  readonly generationId: string;
  readonly sessionId: string;
  readonly messageId: string;
  readonly outcome: Outcome;
  /** The events that no segment holds yet, the terminal one last. */
  readonly last: EventRun;
  readonly message: { readonly parts: string; readonly text: string };
  readonly firstTokenAt: number | null;
  readonly modelCalls: readonly ModelCall[];
  /** What the model was sent, as JSON; undefined where it was not called. */
  readonly receipt?: string | undefined;
  readonly now: number;
}

export interface FinishedGeneration {
  /** `gone`: ended or deleted before; nothing was written. */
  readonly kind: 'finished' | 'gone';
  /** The session's next turn, which now runs, owned by the same process. */
  readonly next: {
    readonly generationId: string;
    readonly firstSeq: number;
    readonly events: readonly LogEvent[];
  } | null;
}

const setTerminal = statement<
  {
    id: string;
    owner: number;
    status: Outcome['status'];
    finished_at: number;
    first_token_at: number | null;
    finish_reason: Outcome['finish_reason'];
    usage: string;
    error: string | null;
  },
  { id: string }
>((db, param) =>
  db
    .updateTable('generation')
    .set({
      status: param('status'),
      finished_at: param('finished_at'),
      first_token_at: param('first_token_at'),
      finish_reason: param('finish_reason'),
      usage: param('usage'),
      error: param('error'),
    })
    .where('id', '=', param('id'))
    .where('status', 'in', [sql.lit<GenerationStatus>('queued'), sql.lit<GenerationStatus>('running')])
    .where((eb) => eb.or([eb('owner', '=', param('owner')), eb('owner', 'is', null)]))
    .returning('id'),
);

const setMessage = statement<
  { id: string; parts: string; text: string; status: Outcome['status']; usage: string; now: number },
  unknown
>((db, param) =>
  db
    .updateTable('message')
    .set({
      parts: param('parts'),
      text: param('text'),
      status: param('status'),
      usage: param('usage'),
      updated_at: param('now'),
    })
    .where('id', '=', param('id')),
);

export async function finishGeneration(
  context: CommandContext,
  args: FinishGeneration,
): Promise<FinishedGeneration> {
  const { db } = context;
  await requireOwner(context, args.owner);
  await lockSession(context, args.sessionId);
  const usage = JSON.stringify(args.outcome.usage);
  const [finished] = await setTerminal(db, {
    id: args.generationId,
    owner: args.owner,
    status: args.outcome.status,
    finished_at: args.now,
    first_token_at: args.firstTokenAt,
    finish_reason: args.outcome.finish_reason,
    usage,
    error: args.outcome.error === null ? null : JSON.stringify(args.outcome.error),
  });
  // The tokens were spent even where the answer was deleted meanwhile.
  for (const call of args.modelCalls) await insertModelCall(db, call);
  if (finished === undefined) return { kind: 'gone', next: null };
  await setMessage(db, {
    id: args.messageId,
    ...args.message,
    status: args.outcome.status,
    usage,
    now: args.now,
  });
  await insertSegment(db, {
    generation_id: args.generationId,
    first_seq: args.last.firstSeq,
    last_seq: args.last.firstSeq + args.last.events.length - 1,
    events: JSON.stringify(args.last.events),
  });
  if (args.receipt !== undefined) {
    await insertReceipt(db, { generationId: args.generationId, receipt: args.receipt });
  }
  return { kind: 'finished', next: await startNext(context, args.sessionId, args.owner, args.now) };
}

/** Starts the session's oldest queued turn, unless one runs. The caller holds the owner's and the session's lock. */
export async function startNext(
  context: CommandContext,
  sessionId: string,
  owner: number,
  now: number,
): Promise<FinishedGeneration['next']> {
  const { db } = context;
  const live = await liveOfSession(db, { session_id: sessionId });
  const next = live[0];
  if (next === undefined || live.some((one) => one.status === 'running')) return null;
  await db
    .updateTable('generation')
    .set({ status: 'running', owner, started_at: now })
    .where('id', '=', next.id)
    .execute();
  await db.updateTable('message').set({ status: 'running' }).where('id', '=', next.message_id).execute();
  const last = await db
    .selectFrom('segment')
    .select((eb) => eb.fn.max('last_seq').as('seq'))
    .where('generation_id', '=', next.id)
    .executeTakeFirstOrThrow();
  const firstSeq = Number(last.seq ?? 0) + 1;
  const events: LogEvent[] = [{ type: 'generation-started' }];
  await insertSegment(db, {
    generation_id: next.id,
    first_seq: firstSeq,
    last_seq: firstSeq,
    events: JSON.stringify(events),
  });
  return { generationId: next.id, firstSeq, events };
}
