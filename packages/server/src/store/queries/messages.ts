/** Reads messages. */
import { type RawBuilder, sql } from 'kysely';
import { loopTurn } from '../../concurrency/loop-turn.ts';
import { notFound } from '../../domain/errors.ts';
import type { Source } from '../../domain/event.ts';
import {
  fromStoredMetadata,
  type MessagePart,
  type MessageRole,
  type MessageStatus,
  type Metadata,
  messageRoles,
  shownRoles,
} from '../../domain/message.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Usage } from '../../domain/usage.ts';
import { statement, textOrBytes } from '../statement.ts';
import type { Database, MessageTable } from '../tables.ts';
import { findConversationRow } from './conversations.ts';
import { isKept } from './ephemeral.ts';
import { isInScope } from './scope.ts';

const byId = statement<{ id: string }, MessageTable>((db, param) =>
  db.selectFrom('message').selectAll().where('id', '=', param('id')).where(isKept('message.conversation_id')),
);

export async function findMessage(
  db: Database,
  scope: Scope,
  id: string,
): Promise<MessageRecord | undefined> {
  const [row] = await byId(db, { id: id.toLowerCase() });
  return row !== undefined && isInScope(row, scope) ? toMessage(row) : undefined;
}

/** The text of a message, for the engine: the scope was checked when the turn was accepted. */
export async function findMessageText(db: Database, id: string): Promise<string | undefined> {
  return (await byId(db, { id }))[0]?.text;
}

/** A message as lists show it. */
export interface MessageRecord {
  readonly id: string;
  readonly conversationId: string;
  readonly sessionId: string;
  readonly parentId: string | null;
  readonly role: MessageRole;
  /** Plain text; empty while the answer is being generated, since the engine has its text so far. */
  readonly text: string;
  readonly position: number;
  readonly status: MessageStatus;
  /** The generation that writes, or wrote, this answer. */
  readonly generationId: string | null;
  readonly modelId: string | null;
  readonly usage: Usage | null;
  /** The pages that an answer draws on; empty while it is being generated. */
  readonly sources: readonly Source[];
  readonly metadata: Metadata;
  /** All that it says, as JSON; of lists only where it is an answer. */
  readonly parts: string | Uint8Array;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A message of a list. A long text may come as its bytes in UTF-8, which costs the thread that reads it less. */
export type ListedMessage = Omit<MessageRecord, 'text'> & { readonly text: string | Uint8Array };

type ListedRow = Omit<MessageTable, 'text' | 'parts'> & {
  readonly text: string | Uint8Array;
  readonly parts: string | Uint8Array;
};

export function toMessage<Row extends ListedRow>(row: Row): Omit<MessageRecord, 'text'> & Pick<Row, 'text'> {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    sessionId: row.session_id,
    parentId: row.parent_id,
    role: row.role,
    text: row.text,
    position: row.position,
    status: row.status,
    generationId: row.generation_id,
    modelId: row.model_id,
    usage: row.usage === null ? null : (JSON.parse(row.usage) as Usage),
    sources: sourcesIn(row.parts),
    metadata: fromStoredMetadata(row.metadata),
    parts: row.parts,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Few messages have sources, and the parts of the others are not worth parsing. */
function sourcesIn(parts: string | Uint8Array): readonly Source[] {
  return partsOf(parts, 'sources').flatMap((part) => part.sources);
}

/** The reasoning of an answer, whole; null: it has none. */
export function reasoningIn({ parts }: Pick<ListedMessage, 'parts'>): string | null {
  const texts = partsOf(parts, 'reasoning').map((part) => part.text);
  return texts.length === 0 ? null : texts.join('');
}

function partsOf<Type extends MessagePart['type']>(
  parts: string | Uint8Array,
  type: Type,
): readonly Extract<MessagePart, { type: Type }>[] {
  const found = typeof parts === 'string' ? parts : Buffer.from(parts.buffer, parts.byteOffset, parts.length);
  if (!found.includes(`"type":"${type}"`)) return [];
  return (JSON.parse(found.toString()) as MessagePart[]).filter(
    (part): part is Extract<MessagePart, { type: Type }> => part.type === type,
  );
}

/** Messages that are read at once, and the bytes of their texts after which no more are. */
const messagesAtOnce = 200;
const bytesAtOnce = 256 * 1024;

interface FromPosition {
  conversation_id: string;
  from: number;
  limit: number;
  bytes: number;
}

const listedColumns = sql`m.id, m.conversation_id, m.session_id, m.parent_id, m.role, m.position, m.status,
  m.generation_id, m.model_id, m.usage, m.created_at, m.updated_at, m.metadata`;

/**
 * Messages from a position on: those before which less than `bytes` were read, at most `limit`. The lengths come first,
 * without the texts, so that no text beyond them is read. `columns` are of the message `m`, `length` is theirs.
 */
function fromPosition<R>(
  length: RawBuilder<unknown>,
  columns: (db: Database) => RawBuilder<unknown>,
  roles: readonly MessageRole[] = messageRoles,
) {
  const isListed = roles === messageRoles ? sql`` : sql`and role in (${sql.join(roles.map(sql.lit))})`;
  return statement<FromPosition, R>(
    (db, param) => sql`with sized as (
      select id, position, ${length} as bytes from message
      where conversation_id = ${param('conversation_id')} and position >= ${param('from')} ${isListed}
      order by position limit ${param('limit')}
    ), summed as (
      select id, sum(bytes) over (order by position) - bytes as bytes_before from sized
    )
    select ${listedColumns}, ${columns(db)}
    from summed cross join message m
    where m.id = summed.id and summed.bytes_before < ${param('bytes')} order by m.position`,
  );
}

/** Only answers have parts that their texts do not tell. */
const shownLength = sql`octet_length(text) + case when role = 'assistant' then octet_length(parts) else 0 end`;
const shownColumns = (db: Database) => sql`${textOrBytes(db, sql`m.text`)} as text,
    case when m.role = 'assistant' then ${textOrBytes(db, sql`m.parts`)} else '[]' end as parts`;
const shownFrom = fromPosition<ListedRow>(shownLength, shownColumns, shownRoles);

/** A message with all that it says. */
export type WholeMessage = Omit<MessageTable, 'organization_id' | 'environment' | 'end_user_id' | 'text'>;

const wholeFrom = fromPosition<WholeMessage>(sql`octet_length(parts)`, () => sql`m.parts`);

/** A message of a conversation with all that it says. The caller has checked the scope of the conversation. */
export async function findWholeMessage(
  db: Database,
  conversationId: string,
  id: string,
): Promise<WholeMessage | undefined> {
  const [row] = await byId(db, { id });
  return row?.conversation_id === conversationId ? row : undefined;
}

const countGaps = statement<
  { conversation_id: string; after: number; through: number },
  { gaps: number | string }
>((db, param) =>
  db
    .selectFrom('message_gap')
    .select((eb) => eb.fn.countAll<number | string>().as('gaps'))
    .where('conversation_id', '=', param('conversation_id'))
    .where('position', '>', param('after'))
    .where('position', '<=', param('through')),
);

/** Positions that are counted at once, at most. */
const positionsAtOnce = 20_000;

/** The position of the message that `offset` others stand before. Each gap up to it is counted once. */
async function positionAt(db: Database, conversationId: string, offset: number): Promise<number> {
  let position = offset;
  for (let counted = -1; counted < position; ) {
    const through = Math.min(position, counted + positionsAtOnce);
    await loopTurn();
    const [row] = await countGaps(db, { conversation_id: conversationId, after: counted, through });
    position += Number(row?.gaps ?? 0);
    counted = through;
  }
  return position;
}

/** Where a page of messages begins. */
export interface MessagePlace {
  readonly conversationId: string;
  /** The number of messages in the whole conversation. */
  readonly total: number;
  /** The position of the page's first message; where there is none, the one that the next message gets. */
  readonly position: number;
}

/**
 * Finds the message that `offset` others stand before. If none was ever deleted, `offset` is a position; otherwise the
 * gaps before it are counted.
 * @throws AppError not_found
 */
export async function findMessagePlace(
  db: Database,
  scope: Scope,
  conversationId: string,
  offset: number,
): Promise<MessagePlace> {
  const conversation = await findConversationRow(db, scope, conversationId);
  if (conversation === undefined) throw notFound('conversation');
  const { id, next_position, deleted_messages } = conversation;
  const total = next_position - deleted_messages;
  if (offset >= total) return { conversationId: id, total, position: next_position };
  const position = deleted_messages > 0 ? await positionAt(db, id, offset) : offset;
  return { conversationId: id, total, position };
}

/**
 * The next messages of a conversation from a position on, oldest first: as many as are read at once, at most `limit`,
 * and none only where there are none. The caller has checked the scope of the conversation.
 */
export async function readMessages(
  db: Database,
  conversationId: string,
  from: number,
  limit = messagesAtOnce,
): Promise<ListedMessage[]> {
  const atOnce = { limit: Math.min(limit, messagesAtOnce), bytes: bytesAtOnce };
  const rows = await shownFrom(db, { conversation_id: conversationId, from, ...atOnce });
  return rows.map((row) => toMessage(row));
}

/** How long messages are, in bytes, by their ids. */
export async function readMessageSizes(
  db: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ id: string; bytes: number | string }>`select id, ${shownLength} as bytes
    from message where id in (${sql.join([...ids])})`.execute(db);
  return new Map(rows.map(({ id, bytes }) => [id, Number(bytes)]));
}

/**
 * Messages by their ids, in the order of the conversation: as many as are read at once, and none only where there are none.
 * The caller has checked the scope.
 */
export async function readMessagesById(db: Database, ids: readonly string[]): Promise<ListedMessage[]> {
  if (ids.length === 0) return [];
  const among = sql.join(ids.slice(0, messagesAtOnce));
  const { rows } = await sql<ListedRow>`with sized as (
      select id, position, ${shownLength} as bytes from message where id in (${among})
    ), summed as (
      select id, sum(bytes) over (order by position) - bytes as bytes_before from sized
    )
    select ${listedColumns}, ${shownColumns(db)} from summed cross join message m
    where m.id = summed.id and summed.bytes_before < ${bytesAtOnce} order by m.position`.execute(db);
  return rows.map((row) => toMessage(row));
}

/** As `readMessages`, with all parts. */
export function readWholeMessages(
  db: Database,
  conversationId: string,
  from: number,
): Promise<WholeMessage[]> {
  const atOnce = { limit: messagesAtOnce, bytes: bytesAtOnce };
  return wholeFrom(db, { conversation_id: conversationId, from, ...atOnce });
}

const newestOfRole = statement<{ conversation_id: string; role: MessageRole }, MessageTable>((db, param) =>
  db
    .selectFrom('message')
    .selectAll()
    .where('conversation_id', '=', param('conversation_id'))
    .where('role', '=', param('role'))
    .orderBy('position', 'desc')
    .limit(sql.lit(1)),
);

const newestAnswer = statement<{ conversation_id: string }, MessageTable>((db, param) =>
  db
    .selectFrom('message')
    .selectAll()
    .where('conversation_id', '=', param('conversation_id'))
    .where('generation_id', 'is not', null)
    .orderBy('position', 'desc')
    .limit(sql.lit(1)),
);

/** The newest answer that a model gave in a conversation. The caller has checked the conversation's scope. */
export async function findNewestAnswer(
  db: Database,
  conversation: { readonly id: string },
): Promise<MessageRecord | undefined> {
  const [row] = await newestAnswer(db, { conversation_id: conversation.id });
  return row && toMessage(row);
}

/** The newest message of a role in all sessions of a conversation. */
export async function findNewestMessage(
  db: Database,
  scope: Scope,
  conversationId: string,
  role: MessageRole,
): Promise<MessageRecord | undefined> {
  const conversation = await findConversationRow(db, scope, conversationId);
  if (conversation === undefined) return undefined;
  const [row] = await newestOfRole(db, { conversation_id: conversation.id, role });
  return row && toMessage(row);
}
