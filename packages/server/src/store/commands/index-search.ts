/** Brings what is new into the search index, a little at a time. */
import { sql } from 'kysely';
import type { CommandContext } from '../command-context.ts';
import { tenantOf } from '../queries/scope.ts';
import { addEntry } from '../search/documents.ts';
import { messageIsPending, titleIsPending } from '../search/pending.ts';

export interface IndexSearch {
  /** Titles and messages at most, of each. */
  readonly maxTexts: number;
  /** Of all messages together, in UTF-16 units, about. */
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

async function indexTitles(context: CommandContext, maxTexts: number): Promise<number> {
  const { db } = context;
  const rows = await db
    .selectFrom('conversation')
    .select(['id', 'organization_id', 'environment', 'end_user_id', 'title'])
    .where(titleIsPending)
    .limit(maxTexts)
    .modifyEnd(skipLocked(context))
    .execute();
  for (const row of rows) {
    await db
      .deleteFrom('search_document')
      .where('conversation_id', '=', row.id)
      .where('message_id', 'is', null)
      .execute();
    const tenant = tenantOf(row);
    await addEntry(context, { tenant, conversationId: row.id, messageId: null, text: row.title });
    await db.updateTable('conversation').set({ is_indexed: 1 }).where('id', '=', row.id).execute();
  }
  return rows.length;
}

async function indexMessages(
  context: CommandContext,
  { maxTexts, maxLength }: IndexSearch,
): Promise<boolean> {
  const { db } = context;
  const rows = await db
    .selectFrom('message')
    .select(['id', 'conversation_id', 'organization_id', 'environment', 'end_user_id', 'role', 'text'])
    .where(messageIsPending)
    .limit(maxTexts)
    .modifyEnd(skipLocked(context))
    .execute();
  let length = 0;
  for (const row of rows) {
    if (length >= maxLength) return false;
    length += row.text.length;
    const { id, conversation_id: conversationId, text } = row;
    if (row.role === 'user' || row.role === 'assistant') {
      await addEntry(context, { tenant: tenantOf(row), conversationId, messageId: id, text });
    }
    await db.updateTable('message').set({ is_indexed: 1 }).where('id', '=', id).execute();
  }
  return rows.length < maxTexts;
}
