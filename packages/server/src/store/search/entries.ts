/**
 * Writes the entries of the search index, as each engine stores them: SQLite in an FTS5 table without content, whose
 * rowids are the documents' ids; PostgreSQL as an array of numbers beside the document.
 */
import { sql } from 'kysely';
import { type CommandContext, isAmong } from '../command-context.ts';
import { blocksOfSql, storedTokens } from '../postgres/search-blocks.ts';
import { statement } from '../statement.ts';
import type { Database } from '../tables.ts';

export interface SearchEntry {
  readonly conversationId: string;
  /** Null if the entry is the conversation's title. */
  readonly messageId: string | null;
  /** Hexadecimal tokens with a blank between; empty for a text without words. */
  readonly tokens: string;
}

/** Puts entries into the index in place of those that it has of the same texts. A text without words has no entry. */
export async function putEntries(context: CommandContext, entries: readonly SearchEntry[]): Promise<void> {
  const { db, engine } = context;
  const known = await findDocuments(context, entries);
  const wordless = entries
    .filter(({ tokens }) => tokens === '')
    .flatMap((entry) => known.get(textOf(entry)) ?? []);
  if (wordless.length > 0) await db.deleteFrom('search_document').where('id', 'in', wordless).execute();
  const worded = entries
    .filter(({ tokens }) => tokens !== '')
    .map((entry) => ({ ...entry, id: known.get(textOf(entry)) }));
  if (worded.length === 0) return;
  if (engine === 'postgres') await putInPostgres(db, worded);
  else for (const entry of worded) await putInSqlite(db, entry);
}

/** An entry with its document's id, if it has one already. */
interface KnownEntry extends SearchEntry {
  readonly id: number | undefined;
}

function textOf({ conversationId, messageId }: Pick<SearchEntry, 'conversationId' | 'messageId'>): string {
  return messageId ?? `title of ${conversationId}`;
}

/** The ids of the documents that there are, by their texts. */
async function findDocuments(
  { db, engine }: CommandContext,
  entries: readonly SearchEntry[],
): Promise<ReadonlyMap<string, number>> {
  const messages = entries.flatMap(({ messageId }) => messageId ?? []);
  const titles = entries.filter(({ messageId }) => messageId === null).map((entry) => entry.conversationId);
  const query = db.selectFrom('search_document').select(['id', 'conversation_id', 'message_id']);
  const rows = [
    ...(messages.length === 0 ? [] : await query.where(isAmong(engine, 'message_id', messages)).execute()),
    ...(titles.length === 0
      ? []
      : await query
          .where(isAmong(engine, 'conversation_id', titles))
          .where('message_id', 'is', null)
          .execute()),
  ];
  return new Map(
    rows.map((row) => [textOf({ conversationId: row.conversation_id, messageId: row.message_id }), row.id]),
  );
}

async function putInSqlite(
  db: Database,
  { id: known, conversationId, messageId, tokens }: KnownEntry,
): Promise<void> {
  const id = known ?? (await insertDocument(db, { conversationId, messageId }))[0]?.id;
  if (id === undefined) throw new Error('a document of the search index got no id');
  await replaceTokens(db, { id, tokens });
}

const insertDocument = statement<Pick<SearchEntry, 'conversationId' | 'messageId'>, { id: number }>(
  (db, param) =>
    db
      .insertInto('search_document')
      .values({ conversation_id: param('conversationId'), message_id: param('messageId') })
      .returning('id'),
);

const replaceTokens = statement<{ id: number; tokens: string }, unknown>(
  (_db, param) =>
    sql`insert or replace into search_tokens (rowid, tokens) values (${param('id')}, ${param('tokens')})`,
);

/** Puts the entries in statements whose texts are the same for any number of them. */
async function putInPostgres(db: Database, entries: readonly KnownEntry[]): Promise<void> {
  const fresh = entries.filter(({ id }) => id === undefined);
  if (fresh.length > 0) {
    await sql`insert into search_document (id, conversation_id, message_id, tokens)
      select id, conversation_id, message_id, tokens::bigint[] || ${blocksOfSql(sql`id`)}
      from (
        select nextval(pg_get_serial_sequence('search_document', 'id')) as id, conversation_id, message_id, tokens
        from unnest(${fresh.map((entry) => entry.conversationId)}::text[],
            ${fresh.map((entry) => entry.messageId)}::text[], ${fresh.map(({ tokens }) => storedTokens(tokens))}::text[])
          as entry (conversation_id, message_id, tokens)
      ) as numbered`.execute(db);
  }
  const known = entries.filter(({ id }) => id !== undefined);
  if (known.length > 0) {
    await sql`update search_document set tokens = entry.tokens::bigint[] || ${blocksOfSql(sql`search_document.id`)}
      from unnest(${known.map(({ id }) => id)}::bigint[], ${known.map(({ tokens }) => storedTokens(tokens))}::text[])
        as entry (id, tokens)
      where search_document.id = entry.id`.execute(db);
  }
}
