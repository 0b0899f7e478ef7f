/** Brings what is new into the search index, a little at a time. */
import { sql } from 'kysely';
import type { CommandContext } from '../command-context.ts';
import { tenantOf } from '../queries/scope.ts';
import { addEntries } from '../search/documents.ts';
import { messageIsPending, titleIsPending } from '../search/pending.ts';

export interface IndexSearch {
  /** Titles and messages at most, of each. */
  readonly maxTexts: number;
  /** Approximate length of all messages together, in UTF-16 units. */
  readonly maxLength: number;
}

/** `isDone`: nothing was left. */
export async function indexSearch(
  context: CommandContext,
  args: IndexSearch,
): Promise<{ readonly isDone: boolean }> {
  const titles = await indexTitles(context, args.maxTexts);
  if (titles >= args.maxTexts) return { isDone: false };
  return { isDone: await indexMessages(context, args) };
}

/** What another process is indexing is left to it. */
function skipLocked({ engine }: CommandContext) {
  return engine === 'postgres' ? sql`for update skip locked` : sql``;
}

/** As one parameter, so that the statement's text is the same for any number of ids. */
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

/** Whether none was left. */
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
