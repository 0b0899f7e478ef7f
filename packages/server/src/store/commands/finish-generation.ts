/** The terminal state of a generation: one compare-and-set, with its last events, its message and its usage. */
import { sql } from 'kysely';
import type { EventRun, LogEvent } from '../../domain/event.ts';
import type { GenerationStatus, Outcome } from '../../domain/generation.ts';
import { type ModelCall, totalCost } from '../../domain/usage.ts';
import type { CommandContext } from '../command-context.ts';
import { segmentsOf } from '../journal.ts';
import { answersInOrder, statement } from '../statement.ts';
import { endInPostgres, startNextInPostgres } from './finish-in-postgres.ts';
import { insertModelCall } from './model-calls.ts';
import { requireOwner } from './owner.ts';
import { insertReceipt } from './receipts.ts';
import { insertSegment, liveOfSession, lockSession, replaceSegment, segmentRow } from './turn-statements.ts';

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
  /** How often calls to providers were made again. Default 0. */
  readonly retries?: number;
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

const setTerminal = statement<Ending, { id: string }>((db, param) =>
  db
    .updateTable('generation')
    .set({
      status: param('status'),
      finished_at: param('finished_at'),
      first_token_at: param('first_token_at'),
      finish_reason: param('finish_reason'),
      usage: param('usage'),
      error: param('error'),
      retries: param('retries'),
      cost: param('cost'),
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

export function finishGeneration(
  context: CommandContext,
  args: FinishGeneration,
): Promise<FinishedGeneration> {
  return context.engine === 'postgres' ? finishAtOnce(context, args) : finishStepByStep(context, args);
}

interface Ending {
  readonly id: string;
  readonly owner: number;
  readonly status: Outcome['status'];
  readonly finished_at: number;
  readonly first_token_at: number | null;
  readonly finish_reason: Outcome['finish_reason'];
  readonly usage: string;
  readonly error: string | null;
  readonly retries: number;
  readonly cost: number | null;
}

function endingOf(args: FinishGeneration): Ending {
  const { generationId, owner, outcome, firstTokenAt, now, retries = 0, modelCalls } = args;
  return {
    id: generationId,
    owner,
    status: outcome.status,
    finished_at: now,
    first_token_at: firstTokenAt,
    finish_reason: outcome.finish_reason,
    usage: JSON.stringify(outcome.usage),
    error: outcome.error === null ? null : JSON.stringify(outcome.error),
    retries,
    cost: totalCost(modelCalls),
  };
}

async function finishStepByStep(
  context: CommandContext,
  args: FinishGeneration,
): Promise<FinishedGeneration> {
  const { db } = context;
  await requireOwner(context, args.owner);
  const ending = endingOf(args);
  const [finished] = await setTerminal(db, ending);
  // The tokens were spent even where the answer was deleted meanwhile.
  for (const call of args.modelCalls) await insertModelCall(db, call);
  if (finished === undefined) return { kind: 'gone', next: null };
  const { status, usage } = ending;
  await setMessage(db, { id: args.messageId, ...args.message, status, usage, now: args.now });
  for (const segment of segmentsOf(args.last))
    await insertSegment(db, segmentRow(args.generationId, segment));
  if (args.receipt !== undefined) {
    await insertReceipt(db, { generationId: args.generationId, receipt: args.receipt });
  }
  return { kind: 'finished', next: await startNext(context, args.sessionId, args.owner, args.now) };
}

/** No statement waits for the answer of another one; the locks are taken in their order. */
async function finishAtOnce(context: CommandContext, args: FinishGeneration): Promise<FinishedGeneration> {
  const { db } = context;
  const segments = segmentsOf(args.last);
  const receipt = args.receipt ?? null;
  const owned = requireOwner(context, args.owner);
  const locked = lockSession(context, args.sessionId);
  const ended = endInPostgres(db, {
    ...endingOf(args),
    ...args.message,
    message_id: args.messageId,
    first_seqs: segments.map((segment) => segment.firstSeq),
    last_seqs: segments.map((segment) => segment.lastSeq),
    events: segments.map((segment) => segment.events),
    are_plain: segments.map((segment) => (segment.isPlain ? 1 : null)),
    receipt,
  });
  const started = startNext(context, args.sessionId, args.owner, args.now);
  const accounted = args.modelCalls.map((call) => insertModelCall(db, call));
  context.commitsNow?.();
  const [, , [finished], next] = await answersInOrder([owned, locked, ended, started, ...accounted]);
  return { kind: finished === undefined ? 'gone' : 'finished', next };
}

export type FailGeneration = Omit<FinishGeneration, 'modelCalls' | 'receipt'>;

/** Ends a generation whose `finishGeneration` the store refuses: statement by statement, and starts nothing. */
export async function failGeneration(
  context: CommandContext,
  args: FailGeneration,
): Promise<Pick<FinishedGeneration, 'kind'>> {
  const { db } = context;
  await requireOwner(context, args.owner);
  await lockSession(context, args.sessionId);
  const ending = endingOf({ ...args, modelCalls: [] });
  const [finished] = await setTerminal(db, ending);
  if (finished === undefined) return { kind: 'gone' };
  const { status, usage } = ending;
  await setMessage(db, { id: args.messageId, ...args.message, status, usage, now: args.now });
  for (const segment of segmentsOf(args.last))
    await replaceSegment(db, segmentRow(args.generationId, segment));
  return { kind: 'finished' };
}

/** Starts the session's oldest queued turn, unless one runs, where the end of the turn before it did not. */
export async function startNextTurn(
  context: CommandContext,
  args: { readonly sessionId: string; readonly owner: number; readonly now: number },
): Promise<Pick<FinishedGeneration, 'next'>> {
  await requireOwner(context, args.owner);
  await lockSession(context, args.sessionId);
  return { next: await startNext(context, args.sessionId, args.owner, args.now) };
}

const startEvents: readonly LogEvent[] = [{ type: 'generation-started' }];

/** Starts the session's oldest queued turn, unless one runs. The caller holds the owner's and the session's lock. */
export async function startNext(
  context: CommandContext,
  sessionId: string,
  owner: number,
  now: number,
): Promise<FinishedGeneration['next']> {
  const { db, engine } = context;
  const events = JSON.stringify(startEvents);
  if (engine === 'postgres') {
    const [started] = await startNextInPostgres(db, { session_id: sessionId, owner, now, events });
    if (started === undefined) return null;
    return { generationId: started.generation_id, firstSeq: started.first_seq, events: startEvents };
  }
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
  await insertSegment(db, {
    generation_id: next.id,
    first_seq: firstSeq,
    last_seq: firstSeq,
    events,
    is_plain: null,
  });
  return { generationId: next.id, firstSeq, events: startEvents };
}
