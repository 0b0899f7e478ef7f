/** Histories: a message and its ancestors, newest first. */
import { type Compilable, type CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { MessageRole } from '../../domain/message.ts';
import { blankSigns, isBlank } from '../../domain/text/blank.ts';
import { statement } from '../statement.ts';
import type { Database, Flag } from '../tables.ts';
import { type MessageParts, type PartsRow, toParts } from './message-parts.ts';

/** One message of a history, without its text. */
export interface ChainEntry {
  readonly id: string;
  readonly parentId: string | null;
  readonly role: MessageRole;
  readonly position: number;
  /** Whether it has no text, or only blanks and invisible signs. */
  readonly isEmpty: boolean;
  /** The message's parts as JSON, if there are tool calls, results or images among them. */
  readonly richParts: string | null;
}

export interface HistoryEntry extends ChainEntry {
  readonly text: string;
}

const richParts = sql`case when m.role = 'tool' or (m.role = 'assistant' and m.parts like '%"tool-call"%')
  or (m.role = 'user' and m.parts like '%"type":"image"%') then m.parts end as "richParts"`;

interface ChainArguments {
  id: string;
  limit: number;
}

/** A compiled recursive query: the message and its ancestors, newest first. */
function chainQuery<R>(columns: RawBuilder<unknown>) {
  return statement<ChainArguments, R>(
    (db, param): Compilable<R> => ({
      compile: () =>
        sql`with recursive chain (id, parent_id, depth) as (
        select id, parent_id, 1 from message where id = ${param('id')}
        union all
        select p.id, p.parent_id, chain.depth + 1 from message p join chain on p.id = chain.parent_id
        where chain.depth < ${param('limit')}
      )
      select m.id, m.role, ${columns}
      from chain join message m on m.id = chain.id order by chain.depth`.compile(db) as CompiledQuery<R>,
    }),
  );
}

const place = sql`m.parent_id as "parentId", m.position`;
const historyOf = chainQuery<Omit<HistoryEntry, 'isEmpty'>>(sql`${place}, ${richParts}, m.text`);
const chainOf = chainQuery<Omit<ChainEntry, 'isEmpty'> & { readonly isEmpty: Flag }>(
  sql`${place}, ${richParts}, case when ltrim(m.text, ${blankSigns()}) = '' then 1 else 0 end as "isEmpty"`,
);

const partsOf = chainQuery<PartsRow>(sql`m.session_id, m.parent_id, m.parts, m.generation_id, m.status`);

/**
 * The message and its ancestors, newest first, at most `limit`, across sessions. The caller has checked the scope of
 * `messageId`.
 */
export async function readHistory(db: Database, messageId: string, limit: number): Promise<HistoryEntry[]> {
  const rows = await historyOf(db, { id: messageId, limit });
  return rows.map((row) => ({ ...row, isEmpty: isBlank(row.text) }));
}

/** Reads a history without its texts: the message and its ancestors, newest first, at most `limit`. */
export async function readChain(db: Database, messageId: string, limit: number): Promise<ChainEntry[]> {
  const rows = await chainOf(db, { id: messageId, limit });
  return rows.map((row) => ({ ...row, isEmpty: row.isEmpty === 1 }));
}

/** Reads a history with all that its messages are made of; the same otherwise. `limit` is at least 1. */
export async function readHistoryParts(
  db: Database,
  messageId: string,
  limit: number,
): Promise<MessageParts[]> {
  return (await partsOf(db, { id: messageId, limit })).map(toParts);
}

/**
 * Finds which of some messages is nearest to `fromMessageId` among it and its ancestors, and how many messages further
 * back it stands (0: itself). Looks at no more than `limit` messages, and at none before `lowestPosition`.
 */
export async function findOnChain(
  db: Database,
  fromMessageId: string,
  messageIds: readonly string[],
  lowestPosition: number,
  limit: number,
): Promise<{ readonly id: string; readonly distance: number } | undefined> {
  const { rows } = await sql<{ id: string; distance: number }>`
    with recursive chain (id, parent_id, position, distance) as (
      select id, parent_id, position, 0 from message where id = ${fromMessageId}
      union all
      select p.id, p.parent_id, p.position, chain.distance + 1
      from message p join chain on p.id = chain.parent_id
      where chain.distance + 1 < ${sql.lit(limit)} and chain.position > ${sql.lit(lowestPosition)}
    )
    select id, distance from chain where id in (${sql.join([...messageIds])}) order by distance limit 1`.execute(
    db,
  );
  return rows[0];
}

/** The message that a session's next turn would follow, for the engine: no scope is checked. */
export async function readSessionHead(db: Database, sessionId: string): Promise<string | null> {
  const row = await db
    .selectFrom('session')
    .select('head_message_id')
    .where('id', '=', sessionId)
    .executeTakeFirst();
  return row?.head_message_id ?? null;
}

type Size = { bytes: number | string | null; messages: number | string };

const sizeOf = statement<{ session_id: string }, Size & { is_fork: Flag | boolean }>(
  (_db, param) => sql`select sum(octet_length(text)) as bytes, count(*) as messages,
    ${isFork(sql`${param('session_id')}`)} as is_fork
    from message where session_id = ${param('session_id')}`,
);

const sizeOfConversation = statement<{ session_id: string }, Size>(
  (_db, param) => sql`select sum(octet_length(text)) as bytes, count(*) as messages from message
    where conversation_id = (select conversation_id from session where id = ${param('session_id')})`,
);

/** Whether a session was begun behind a message of another one. */
function isFork(sessionId: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql`exists (select 1 from message base where base.session_id <> ${sessionId} and base.id in (
    select head_message_id from session where id = ${sessionId}
    union select parent_id from message where session_id = ${sessionId} and position = (
      select min(position) from message where session_id = ${sessionId})))`;
}

/**
 * All messages of a session together, in bytes of UTF-8, or of its whole conversation, if it was begun behind a message of
 * another session: no history of it is larger.
 */
export async function readHistorySize(
  db: Database,
  sessionId: string,
): Promise<{ readonly bytes: number; readonly messages: number }> {
  const [own] = await sizeOf(db, { session_id: sessionId });
  const [row] = own?.is_fork ? await sizeOfConversation(db, { session_id: sessionId }) : [own];
  return { bytes: Number(row?.bytes ?? 0), messages: Number(row?.messages ?? 0) };
}
