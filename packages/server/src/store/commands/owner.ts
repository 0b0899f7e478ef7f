/** Leases of process incarnations, and claims on the generations of dead ones. */
import { sql } from 'kysely';
import { AppError } from '../../domain/errors.ts';
import { eventsFrom, type LogEvent } from '../../domain/event.ts';
import { databaseNow } from '../clock.ts';
import type { CommandContext } from '../command-context.ts';
import { segmentsOf, unpackJournal } from '../journal.ts';
import { statement } from '../statement.ts';
import type { OwnerTable } from '../tables.ts';
import { releaseOfOwner } from './reservations.ts';
import { insertSegment, segmentRow } from './turn-statements.ts';

export async function registerOwner(
  context: CommandContext,
  args: { readonly leaseMs: number },
): Promise<{ readonly owner: number }> {
  const now = databaseNow(context.engine);
  const row = await context.db
    .insertInto('owner')
    .values({ started_at: now, lease_until: sql<number>`${now} + ${args.leaseMs}`, fenced_at: null })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { owner: row.id };
}

/** Renews the lease. `fenced`: another process has claimed this owner's generations, so it must drop them all. */
export async function renewLease(
  context: CommandContext,
  args: { readonly owner: number; readonly leaseMs: number },
): Promise<'renewed' | 'fenced'> {
  const rows = await context.db
    .updateTable('owner')
    .set({ lease_until: sql<number>`${databaseNow(context.engine)} + ${args.leaseMs}` })
    .where('id', '=', args.owner)
    .where('fenced_at', 'is', null)
    .returning('id')
    .execute();
  return rows.length === 1 ? 'renewed' : 'fenced';
}

/** Ends the lease at once, for a clean stop; another process claims the generations that are still live. */
export async function endLease(context: CommandContext, args: { readonly owner: number }): Promise<null> {
  await context.db.updateTable('owner').set({ lease_until: 0 }).where('id', '=', args.owner).execute();
  return null;
}

const readOwner = statement<{ id: number }, Pick<OwnerTable, 'fenced_at'>>((db, param) =>
  db.selectFrom('owner').select('fenced_at').where('id', '=', param('id')),
);
// Divides by zero if the owner is fenced: that also fails the statements sent after it without waiting for its answer.
const lockOwner = statement<{ id: number }, { live: number }>(
  (_db, param) => sql`select 1 / (select count(*)::integer from (
    select id from owner where id = ${param('id')} and fenced_at is null for key share) as locked) as live`,
);
const divisionByZero = '22012';

/**
 * Fails the whole command if this owner is fenced, and keeps it from being fenced before the commit. On PostgreSQL the
 * statements that the command sends after it fail too, so that none has to wait for this answer.
 */
export async function requireOwner({ db, engine }: CommandContext, owner: number): Promise<void> {
  if (engine === 'postgres') {
    await lockOwner(db, { id: owner }).catch((error: unknown) => {
      throw (error as { code?: unknown }).code === divisionByZero ? leaseLost() : error;
    });
    return;
  }
  const [row] = await readOwner(db, { id: owner });
  if (row === undefined || row.fenced_at !== null) throw leaseLost();
}

export function leaseLost(): AppError {
  return new AppError('interrupted', 'this process lost its lease');
}

export interface ClaimDeadOwners {
  /** The owner that takes over. */
  readonly owner: number;
  /** Whether to claim also from owners whose lease has not expired; allowed only if no other owner can be alive. */
  readonly all: boolean;
}

/**
 * Fences every dead owner, moves the events of its journal into segments, and makes `owner` the owner of its live
 * generations. Only one process gets each generation.
 */
export async function claimDeadOwners(
  context: CommandContext,
  args: ClaimDeadOwners,
): Promise<{ readonly generationIds: readonly string[] }> {
  const { db, engine } = context;
  await requireOwner(context, args.owner);
  const dead = await db
    .selectFrom('owner')
    .select('id')
    .where('fenced_at', 'is', null)
    .where('id', '!=', args.owner)
    .$if(!args.all, (query) => query.where('lease_until', '<', databaseNow(engine)))
    // This lock excludes whatever an owner writes, unlike that of a renewal. An owner that writes just now, or that a frozen
    // process keeps locked, must not hold up the claims on others: its turn comes with the next claim.
    .$if(engine === 'postgres', (query) => query.forUpdate())
    .$if(engine === 'postgres' && !args.all, (query) => query.skipLocked())
    .execute();
  const claimed: string[] = [];
  for (const { id } of dead) {
    await db
      .updateTable('owner')
      .set({ fenced_at: databaseNow(engine) })
      .where('id', '=', id)
      .execute();
    const live = await db
      .selectFrom('generation')
      .select('id')
      .where('owner', '=', id)
      .where('status', 'in', ['queued', 'running'])
      .execute();
    await moveJournal(context, id, new Set(live.map((row) => row.id)));
    await db
      .updateTable('generation')
      .set({ owner: args.owner })
      .where('owner', '=', id)
      .where('status', 'in', ['queued', 'running'])
      .execute();
    await releaseOfOwner(context, id);
    claimed.push(...live.map((row) => row.id));
  }
  return { generationIds: claimed };
}

/**
 * Moves the events in a dead owner's journal into segments of its live generations, and deletes the journal. Events
 * behind a gap are left out: no reader could ever pass it.
 */
async function moveJournal(context: CommandContext, owner: number, live: ReadonlySet<string>): Promise<void> {
  const { db } = context;
  const rows = await db
    .selectFrom('journal')
    .select('payload')
    .where('owner', '=', owner)
    .orderBy('n')
    .execute();
  const found = new Map<string, { firstSeq: number; events: LogEvent[] }>();
  for (const row of rows) {
    for (const run of unpackJournal(row.payload)) {
      if (!live.has(run.generationId)) continue;
      const sofar = found.get(run.generationId);
      if (sofar === undefined) {
        found.set(run.generationId, { firstSeq: run.firstSeq, events: [...run.events] });
        continue;
      }
      for (const event of eventsFrom(run, sofar.firstSeq + sofar.events.length) ?? []) {
        sofar.events.push(event);
      }
    }
  }
  for (const [generationId, run] of found) {
    const stored = await db
      .selectFrom('segment')
      .select((eb) => eb.fn.max('last_seq').as('seq'))
      .where('generation_id', '=', generationId)
      .executeTakeFirstOrThrow();
    const firstSeq = Number(stored.seq ?? 0) + 1;
    const fresh = eventsFrom(run, firstSeq) ?? [];
    for (const segment of segmentsOf({ firstSeq, events: fresh })) {
      await insertSegment(db, segmentRow(generationId, segment));
    }
  }
  await db.deleteFrom('journal').where('owner', '=', owner).execute();
}
