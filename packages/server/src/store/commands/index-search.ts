/** Puts prepared titles and messages into the search index. */
import { sql } from 'kysely';
import { type CommandContext, isAmong } from '../command-context.ts';
import { putEntries } from '../search/entries.ts';
import { messageIsPending, type PreparedText, searchStates, titleIsPending } from '../search/pending.ts';
import type { EntryKind } from '../search/tokens.ts';
import { isUnavailable } from '../unavailable.ts';

export interface IndexSearch {
  readonly texts: readonly PreparedText[];
  /** Whether texts that the index can't take are marked, so that they are passed over; else they fail the command. */
  readonly marksRefused: boolean;
}

export interface RefusedText {
  readonly kind: EntryKind;
  readonly id: string;
  readonly reason: string;
}

/**
 * Indexes the texts that are still as they were prepared, and that nobody else is indexing: `done` of them. Gives those
 * that were refused, which are not tried again.
 */
export async function indexSearch(
  context: CommandContext,
  { texts, marksRefused }: IndexSearch,
): Promise<{ readonly refused: readonly RefusedText[]; readonly done: number }> {
  const pending = await lockPending(context, texts);
  const refused = await putApart(context, pending, marksRefused);
  const refusedIds = new Set(refused.map(({ id }) => id));
  for (const kind of ['title', 'message'] as const) {
    const ids = pending.filter((text) => text.kind === kind).map(({ id }) => id);
    const indexed = ids.filter((id) => !refusedIds.has(id));
    await setState(context, kind, indexed, searchStates.indexed);
    const others = ids.filter((id) => refusedIds.has(id));
    await setState(context, kind, others, searchStates.refused);
  }
  return { refused, done: pending.length };
}

/** Leaves out what was deleted, changed or indexed since, and rows that another process is indexing. */
async function lockPending(context: CommandContext, texts: readonly PreparedText[]): Promise<PreparedText[]> {
  const { db, engine } = context;
  const skipLocked = engine === 'postgres' ? sql`for update skip locked` : sql``;
  const ids = (kind: EntryKind) => texts.filter((text) => text.kind === kind).map(({ id }) => id);
  const titles = await db
    .selectFrom('conversation')
    .select(['id', 'title'])
    .where(isAmong(engine, 'id', ids('title')))
    .where(titleIsPending)
    .modifyEnd(skipLocked)
    .execute();
  const messages = await db
    .selectFrom('message')
    .select('id')
    .where(isAmong(engine, 'id', ids('message')))
    .where(messageIsPending)
    .modifyEnd(skipLocked)
    .execute();
  const titleOf = new Map(titles.map(({ id, title }) => [id, title]));
  const messageIds = new Set(messages.map(({ id }) => id));
  const pending = texts.filter(({ kind, id, title }) =>
    kind === 'title' ? titleOf.get(id) === title : messageIds.has(id),
  );
  // Ids grow with time, as the documents' ids are to do.
  return pending.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Puts all texts at once; if the index can't take them, each by itself. */
async function putApart(
  context: CommandContext,
  pending: readonly PreparedText[],
  marksRefused: boolean,
): Promise<RefusedText[]> {
  const refused: RefusedText[] = [];
  const texts: PreparedText[] = [];
  for (const text of pending) {
    if (text.problem === undefined) texts.push(text);
    else refused.push({ kind: text.kind, id: text.id, reason: text.problem });
  }
  if (!marksRefused) {
    if (refused[0] !== undefined) throw new Error(refused[0].reason);
    await put(context, texts);
    return [];
  }
  if ((await tryToPut(context, texts)) === undefined) return refused;
  for (const text of texts) {
    const reason = await tryToPut(context, [text]);
    if (reason !== undefined) refused.push({ kind: text.kind, id: text.id, reason });
  }
  return refused;
}

/**
 * Why the index can't take the texts; undefined if it has taken them. @throws where the store is not available, and where
 * the command runs again: in a savepoint SQLite copies every page before it writes it, a tenth of its writer's time.
 */
async function tryToPut(
  context: CommandContext,
  texts: readonly PreparedText[],
): Promise<string | undefined> {
  const { db, runsAgain } = context;
  if (runsAgain === true) {
    await put(context, texts);
    return undefined;
  }
  await sql`savepoint entries`.execute(db);
  try {
    await put(context, texts);
    await sql`release savepoint entries`.execute(db);
    return undefined;
  } catch (error) {
    if (isUnavailable(error)) throw error;
    await sql`rollback to savepoint entries`.execute(db);
    await sql`release savepoint entries`.execute(db);
    return error instanceof Error ? error.message : String(error);
  }
}

async function put(context: CommandContext, texts: readonly PreparedText[]): Promise<void> {
  if (texts.length === 0) return;
  await putEntries(
    context,
    texts.map(({ kind, id, conversationId, tokens }) => ({
      conversationId,
      messageId: kind === 'title' ? null : id,
      tokens,
    })),
  );
}

async function setState(
  { db, engine }: CommandContext,
  kind: EntryKind,
  ids: readonly string[],
  state: number,
): Promise<void> {
  if (ids.length === 0) return;
  const table = kind === 'title' ? 'conversation' : 'message';
  await db
    .updateTable(table)
    .set({ search_state: state })
    .where(isAmong(engine, 'id', ids))
    .execute();
}
