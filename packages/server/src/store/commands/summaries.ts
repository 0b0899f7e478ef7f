/** Stores and deletes summaries of histories. */
import { sql } from 'kysely';
import type { SummaryRecord } from '../../domain/session.ts';
import type { ModelCall } from '../../domain/usage.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import type { Database } from '../tables.ts';
import { insertModelCall } from './model-calls.ts';

type NewSummary = Omit<SummaryRecord, 'version'>;

export interface StoreSummary {
  /** Null if no summary was made, and there are only calls to account for. */
  readonly summary: NewSummary | null;
  /** Number of messages that the summary adds to the previous one. */
  readonly newMessageCount: number;
  readonly modelCalls: readonly ModelCall[];
}

/**
 * Stores a session's next summary. `version` is null if a message that it covers was deleted while it was written; it
 * is then not stored. The calls are accounted for in any case.
 */
export async function storeSummary(
  context: CommandContext,
  args: StoreSummary,
): Promise<{ readonly version: number | null }> {
  const { db } = context;
  for (const call of args.modelCalls) await insertModelCall(db, call);
  const { summary } = args;
  if (summary === null) return { version: null };
  const session = await db
    .selectFrom('session')
    .select('conversation_id')
    .where('id', '=', summary.sessionId)
    .executeTakeFirst();
  if (session === undefined) return { version: null };
  // Commands that delete a message hold the same lock.
  await forUpdate(
    context,
    db.selectFrom('conversation').select('id').where('id', '=', session.conversation_id),
  ).execute();
  if (!(await isStillTrue(db, session.conversation_id, summary, args.newMessageCount)))
    return { version: null };
  const last = await db
    .selectFrom('summary')
    .select((eb) => eb.fn.max('version').as('version'))
    .where('session_id', '=', summary.sessionId)
    .executeTakeFirstOrThrow();
  const version = Number(last.version ?? 0) + 1;
  await db
    .insertInto('summary')
    .values({
      id: summary.id,
      session_id: summary.sessionId,
      version,
      previous_id: summary.previousId,
      first_message_id: summary.firstMessageId,
      through_message_id: summary.throughMessageId,
      through_position: summary.throughPosition,
      message_count: summary.messageCount,
      is_complete: summary.isComplete ? 1 : 0,
      text: summary.text,
      token_count: summary.tokenCount,
      model_id: summary.modelId,
      created_at: summary.createdAt,
    })
    .execute();
  return { version };
}

/** Whether all messages that went into the summary still stand between its last message and the previous summary. */
async function isStillTrue(
  db: Database,
  conversationId: string,
  summary: NewSummary,
  newMessageCount: number,
): Promise<boolean> {
  let end = '';
  if (summary.previousId !== null) {
    const previous = await db
      .selectFrom('summary')
      .select('through_message_id')
      .where('id', '=', summary.previousId)
      .executeTakeFirst();
    if (previous === undefined) return false;
    end = previous.through_message_id;
  }
  const { rows } = await sql<{ count: number }>`
    with recursive chain (id, parent_id, depth) as (
      select id, parent_id, 1 from message
      where id = ${summary.throughMessageId} and conversation_id = ${conversationId}
      union all
      select p.id, p.parent_id, chain.depth + 1 from message p join chain on p.id = chain.parent_id
      where chain.depth < ${sql.lit(newMessageCount)} and p.id != ${end}
    )
    select count(*) as count from chain`.execute(db);
  return Number(rows[0]?.count ?? 0) === newMessageCount;
}

/**
 * Deletes the summaries that cover a message, before the message is deleted: none of its content may stay readable in
 * a summary.
 */
export async function deleteSummariesCovering(
  context: CommandContext,
  message: { readonly conversationId: string; readonly position: number },
): Promise<number> {
  const deleted = await context.db
    .deleteFrom('summary')
    // A session may begin behind a message of another one.
    .where('session_id', 'in', (eb) =>
      eb.selectFrom('session').select('session.id').where('conversation_id', '=', message.conversationId),
    )
    .where('through_position', '>=', message.position)
    .executeTakeFirstOrThrow();
  return Number(deleted.numDeletedRows);
}
