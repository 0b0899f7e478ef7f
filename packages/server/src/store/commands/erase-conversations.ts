/** Erases conversations with everything that belongs to them, in steps that hold up no other write for long. */
import type { CommandContext } from '../command-context.ts';
import { noteErasure } from './erasure.ts';

export interface EraseConversations {
  readonly organizationId: string;
  /** Null for the conversations of all end users. */
  readonly endUserIds: readonly string[] | null;
  /** Maximum number of conversations. */
  readonly limit: number;
  readonly now: number;
}

export const erasedTables = ['conversations', 'sessions', 'messages', 'generations', 'segments'] as const;
/** How many entries went. */
export type ErasedConversations = { readonly [Table in (typeof erasedTables)[number]]: number };

export const nothingErased: ErasedConversations = {
  conversations: 0,
  sessions: 0,
  messages: 0,
  generations: 0,
  segments: 0,
};

export function addErased(one: ErasedConversations, other: ErasedConversations): ErasedConversations {
  const sum = { ...one };
  for (const table of erasedTables) sum[table] += other[table];
  return sum;
}

/** Erases some conversations. Call it until `isDone`. */
export async function eraseConversations(
  context: CommandContext,
  args: EraseConversations,
): Promise<ErasedConversations & { readonly isDone: boolean }> {
  let query = context.db
    .selectFrom('conversation')
    .select(['id', 'next_position'])
    .where('organization_id', '=', args.organizationId);
  if (args.endUserIds !== null) query = query.where('end_user_id', 'in', [...args.endUserIds]);
  const found = await query.limit(args.limit).execute();
  if (found.length === 0) return { ...nothingErased, isDone: true };
  return { ...(await eraseSome(context, found, args.now)).erased, isDone: false };
}

interface Erasable {
  readonly id: string;
  /** At least as many as it has messages. */
  readonly next_position: number;
}

/** Messages that a step takes at most, and generations. */
const mostRows = 200;

/**
 * Erases the first of these conversations: as many as have few messages enough. If the first one alone has too many, a
 * part of it goes, and `taken` is 0 until the rest does.
 */
export async function eraseSome(
  context: CommandContext,
  found: readonly Erasable[],
  now: number,
): Promise<{ readonly erased: ErasedConversations; readonly taken: number }> {
  const [first] = found;
  if (first === undefined) return { erased: nothingErased, taken: 0 };
  await noteErasure(context, now);
  let rows = 0;
  const ids: string[] = [];
  for (const { id, next_position } of found) {
    rows += next_position;
    if (rows > mostRows) break;
    ids.push(id);
  }
  if (ids.length > 0) return { erased: await eraseWhole(context, ids), taken: ids.length };
  const part = await erasePart(context, first.id);
  if (part.generations === mostRows || part.messages === mostRows) return { erased: part, taken: 0 };
  return { erased: addErased(part, await eraseWhole(context, [first.id])), taken: 1 };
}

/** Takes generations out of a long conversation, then its newest messages. What is left has no head any more. */
async function erasePart({ db }: CommandContext, id: string): Promise<ErasedConversations> {
  await db.updateTable('session').set({ head_message_id: null }).where('conversation_id', '=', id).execute();
  const rows = await db
    .selectFrom('generation')
    .select('id')
    .where('conversation_id', '=', id)
    .limit(mostRows)
    .execute();
  if (rows.length > 0) {
    const ids = rows.map((row) => row.id);
    const segments = await db
      .deleteFrom('segment')
      .where('generation_id', 'in', ids)
      .executeTakeFirstOrThrow();
    await db.deleteFrom('generation').where('id', 'in', ids).execute();
    return { ...nothingErased, generations: ids.length, segments: Number(segments.numDeletedRows) };
  }
  const messages = await db
    .deleteFrom('message')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('message')
        .select('id')
        .where('conversation_id', '=', id)
        .orderBy('position', 'desc')
        .limit(mostRows),
    )
    .executeTakeFirstOrThrow();
  return { ...nothingErased, messages: Number(messages.numDeletedRows) };
}

async function eraseWhole({ db }: CommandContext, ids: readonly string[]): Promise<ErasedConversations> {
  const segments = await db
    .deleteFrom('segment')
    .where('generation_id', 'in', (eb) =>
      eb
        .selectFrom('generation')
        .select('id')
        .where('conversation_id', 'in', [...ids]),
    )
    .executeTakeFirstOrThrow();
  const count = async (table: 'session' | 'message' | 'generation'): Promise<number> => {
    const deleted = await db
      .deleteFrom(table)
      .where('conversation_id', 'in', [...ids])
      .executeTakeFirstOrThrow();
    return Number(deleted.numDeletedRows);
  };
  const counts = {
    sessions: await count('session'),
    messages: await count('message'),
    generations: await count('generation'),
    segments: Number(segments.numDeletedRows),
  };
  const conversations = await db
    .deleteFrom('conversation')
    .where('id', 'in', [...ids])
    .executeTakeFirstOrThrow();
  return { conversations: Number(conversations.numDeletedRows), ...counts };
}
