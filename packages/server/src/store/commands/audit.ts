/** The audit trail: notes what no other command does, and deletes what need not be kept any longer. */
import { type RawBuilder, sql } from 'kysely';
import type { AuditAction, AuditRecord, AuditSubject, AuditValues } from '../../domain/audit/trail.ts';
import { insertAudit, nameOfActor } from '../audit/entry.ts';
import type { CommandContext } from '../command-context.ts';
import { deleteSome } from './delete-some.ts';

export interface NoteAction {
  readonly action: AuditAction;
  readonly subject: { readonly kind: AuditSubject; readonly id: string | null };
  readonly values: AuditValues;
}

/** For what changes nothing in the store but belongs into the trail: its rule writes the row. */
export async function noteAction(_context: CommandContext, _args: NoteAction): Promise<null> {
  return null;
}

/** A refusal, whose actor's name is looked up. */
export interface Refusal extends Omit<AuditRecord, 'actor'> {
  readonly actor: Omit<AuditRecord['actor'], 'name'>;
}

export async function noteRefusals(
  context: CommandContext,
  { refusals }: { readonly refusals: readonly Refusal[] },
): Promise<null> {
  const ids = refusals.map(({ id }) => id);
  const known = await context.db.selectFrom('audit').select('id').where('id', 'in', ids).execute();
  for (const refusal of refusals) {
    // Where the answer to the commit was lost, they are stored already.
    if (known.some(({ id }) => id === refusal.id)) continue;
    const name = await nameOfActor(context.db, refusal.actor);
    await insertAudit(context, { ...refusal, actor: { ...refusal.actor, name } });
  }
  return null;
}

export interface PruneAudit {
  /** Rows of before this time go, and refusals of before that. Epoch milliseconds. */
  readonly before: number;
  readonly refusalsBefore: number;
  /** Rows of each kind at most, so that no other write waits long. */
  readonly limit: number;
}

/** Deletes rows whose time is over or whose organization is gone. Call it until `isDone`. */
export async function pruneAudit(
  context: CommandContext,
  args: PruneAudit,
): Promise<{ readonly isDone: boolean }> {
  const { db } = context;
  const deleteRows = (condition: RawBuilder<unknown>) =>
    deleteSome(db, 'audit', ['id'], condition, args.limit);
  const old = await deleteRows(sql`at < ${args.before}`);
  const refusals = await deleteRows(sql`refusals is not null and at < ${args.refusalsBefore}`);
  const gone = await db.selectFrom('deleted_organization').select('id').limit(1).executeTakeFirst();
  if (gone === undefined) return { isDone: old < args.limit && refusals < args.limit };
  const left = await deleteRows(sql`organization_id = ${gone.id}`);
  if (left < args.limit) await db.deleteFrom('deleted_organization').where('id', '=', gone.id).execute();
  return { isDone: false };
}
