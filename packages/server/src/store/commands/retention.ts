/** Deletes conversations that are older than their organization keeps them, and counts them. */
import type { Environment } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import {
  addErased,
  type ErasedConversations,
  erasedTables,
  eraseSome,
  nothingErased,
} from './erase-conversations.ts';

interface RetentionRun {
  readonly organizationId: string;
  readonly environment: Environment;
}

export interface ExpireConversations extends RetentionRun {
  /** Candidates, the first ones first. */
  readonly ids: readonly string[];
  /** Conversations in which nothing happened since this time are deleted. Epoch milliseconds. */
  readonly cutoff: number;
  readonly now: number;
}

/**
 * Deletes the first of the candidates, as far as they are as old as that and nothing is being answered in them. `handled`
 * counts those from the beginning that need no further look; call it again with the rest.
 */
export async function expireConversations(
  context: CommandContext,
  args: ExpireConversations,
): Promise<{ readonly handled: number; readonly conversations: number }> {
  const found = await lockExpired(context, args);
  const due = args.ids.flatMap((id) => found.filter((row) => row.id === id));
  const { erased, taken } = await eraseSome(context, due, args.now);
  await count(context, args, erased);
  const next = due[taken];
  return {
    handled: next === undefined ? args.ids.length : args.ids.indexOf(next.id),
    conversations: erased.conversations,
  };
}

/** A conversation that somebody is writing into is passed over, and so is one that another process deletes. */
async function lockExpired({ db, engine }: CommandContext, args: ExpireConversations) {
  const query = db
    .selectFrom('conversation')
    .select(['id', 'next_position'])
    .where('id', 'in', [...args.ids])
    .where('organization_id', '=', args.organizationId)
    .where('environment', '=', args.environment)
    .where('created_at', '<', args.cutoff)
    // Clients may write a time that is yet to come; it says nothing of when something happened.
    .where((eb) => eb.or([eb('updated_at', '<', args.cutoff), eb('updated_at', '>', args.now)]))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('session')
            .select('session.id')
            .whereRef('session.conversation_id', '=', 'conversation.id')
            .where('session.updated_at', '>=', args.cutoff),
        ),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('generation')
            .select('generation.id')
            .whereRef('generation.conversation_id', '=', 'conversation.id')
            .where('generation.status', 'in', ['queued', 'running']),
        ),
      ),
    )
    .where((eb) =>
      eb(
        eb.fn.coalesce(
          eb
            .selectFrom('message')
            .select('message.updated_at')
            .whereRef('message.conversation_id', '=', 'conversation.id')
            .orderBy('message.position', 'desc')
            .limit(1),
          eb.val(0),
        ),
        '<',
        args.cutoff,
      ),
    );
  return await (engine === 'postgres' ? query.forUpdate().skipLocked() : query).execute();
}

/** Counts what a run has deleted, in the same transaction. */
async function count(
  { db }: CommandContext,
  { organizationId, environment }: RetentionRun,
  erased: ErasedConversations,
): Promise<void> {
  if (erasedTables.every((table) => erased[table] === 0)) return;
  const known = await db
    .selectFrom('retention_run')
    .select(erasedTables)
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .executeTakeFirst();
  const total = addErased(known ?? nothingErased, erased);
  await db
    .insertInto('retention_run')
    .values({ organization_id: organizationId, environment, ...total })
    .onConflict((conflict) => conflict.columns(['organization_id', 'environment']).doUpdateSet(total))
    .execute();
}

/** Ends a run; gives what it has deleted, or null where that was nothing. */
export async function endRetentionRun(
  { db }: CommandContext,
  { organizationId, environment }: RetentionRun,
): Promise<ErasedConversations | null> {
  const [ended] = await db
    .deleteFrom('retention_run')
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .returning(erasedTables)
    .execute();
  return ended ?? null;
}
