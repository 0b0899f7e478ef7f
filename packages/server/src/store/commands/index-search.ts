/** Adds new titles and messages to the search index, a few at a time. */
import { sql } from 'kysely';
import type { CommandContext } from '../command-context.ts';
import { tenantOf } from '../queries/scope.ts';
import { addEntries } from '../search/documents.ts';
import { messageIsPending, titleIsPending } from '../search/pending.ts';

export interface IndexSearch {
  /** Maximum number of titles, and of messages. */
  readonly maxTexts: number;
  /** Approximate maximum length of all messages together, in UTF-16 units. */
  readonly maxLength: number;
}

/** Indexes the next titles and messages. `isDone` is true if none were left. */
export async function indexSearch(
  context: CommandContext,
  args: IndexSearch,
): Promise<{ readonly isDone: boolean }> {
  const titles = await indexTitles(context, args.maxTexts);
  if (titles >= args.maxTexts) return { isDone: false };
  return { isDone: await indexMessages(context, args) };
}

/** Skips rows that another process is indexing. */
function skipLocked({ engine }: CommandContext) {
  return engine === 'postgres' ? sql`for update skip locked` : sql``;
}

/** Passes the ids as one parameter, so that the statement's text is the same for any number of them. */
function isAmong(engine: CommandContext['engine'], column: string, ids: readonly string[]) {
  return engine === 'postgres'
    ? sql<boolean>`${sql.ref(column)} = any(${ids}::text[])`
    : sql<boolean>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(ids)}))`;
}

async function indexTitles(context: CommandContext, maxTexts: number): Promise<number> {
  const { db, engine } = context;
  const rows = await db
    .selectFrom('conversation')
    .select(['id', 'organization_id', 'environment', 'end_user_id', 'title'])
    .where(titleIsPending)
    .limit(maxTexts)
    .modifyEnd(skipLocked(context))
    .execute();
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  await db
    .deleteFrom('search_document')
    .where(isAmong(engine, 'conversation_id', ids))
    .where('message_id', 'is', null)
    .execute();
  await addEntries(
    context,
    rows.map((row) => ({ tenant: tenantOf(row), conversationId: row.id, messageId: null, text: row.title })),
  );
  await db
    .updateTable('conversation')
    .set({ is_indexed: 1 })
    .where(isAmong(engine, 'id', ids))
    .execute();
  return rows.length;
}

/** Indexes the next messages; returns whether none were left. */
async function indexMessages(
  context: CommandContext,
  { maxTexts, maxLength }: IndexSearch,
): Promise<boolean> {
  const { db, engine } = context;
  const rows = await db
    .selectFrom('message')
    .select(['id', 'conversation_id', 'organization_id', 'environment', 'end_user_id', 'role', 'text'])
    .where(messageIsPending)
    .limit(maxTexts)
    .modifyEnd(skipLocked(context))
    .execute();
  if (rows.length === 0) return true;
  const taken: typeof rows = [];
  for (let length = 0; taken.length < rows.length && length < maxLength; ) {
    const row = rows[taken.length] as (typeof rows)[number];
    taken.push(row);
    length += row.text.length;
  }
  const entries = taken
    .filter(({ role }) => role === 'user' || role === 'assistant')
    .map((row) => ({
      tenant: tenantOf(row),
      conversationId: row.conversation_id,
      messageId: row.id,
      text: row.text,
    }));
  await addEntries(context, entries);
  const ids = taken.map(({ id }) => id);
  await db
    .updateTable('message')
    .set({ is_indexed: 1 })
    .where(isAmong(engine, 'id', ids))
    .execute();
  return taken.length === rows.length && rows.length < maxTexts;
}
