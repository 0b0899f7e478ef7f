/** A part of a session's thread: the path from its beginning to a message. */
import type { FastifyReply } from 'fastify';
import { invalid } from '../../domain/errors.ts';
import { isShown } from '../../domain/message.ts';
import type { SessionRecord } from '../../domain/session.ts';
import { fromTime } from '../../domain/text/time.ts';
import { readMessageSizes, readMessagesById } from '../../store/queries/messages.ts';
import { maxPageBytes } from '../../store/queries/page.ts';
import {
  firstSince,
  isOnPath,
  newestLeaf,
  type PathEntry,
  pathFrom,
  readRunning,
  readSiblings,
} from '../../store/queries/threads.ts';
import type { Database } from '../../store/store.ts';
import { sendPage } from '../answer/json-list.ts';
import { createMessageReader, type DescribedMessage, type MessageReaderOptions } from './messages.ts';

export interface ThreadQuery {
  readonly leaf?: string;
  readonly before?: string;
  readonly around?: string;
  readonly after?: string;
  /** RFC 3339. */
  readonly at?: string;
  readonly limit?: number;
  readonly include?: 'reasoning';
}

/** The ways to name a part of a thread. */
const placeNames = ['before', 'around', 'after', 'at'] as const;

/** A message, and which part of the thread is meant by it. */
interface Place {
  readonly side: 'before' | 'around' | 'after';
  readonly messageId: string;
}

interface Part {
  /** Newest first. */
  readonly entries: readonly PathEntry[];
  readonly hasMoreBefore: boolean;
  readonly hasMoreAfter: boolean;
  /** The entry that is kept first where not all of them fit into a page. */
  readonly anchor: number;
}

/** @throws AppError invalid_request: a message that is none of the thread's, or two places at once */
export async function sendThread(
  reply: FastifyReply,
  options: Omit<MessageReaderOptions, 'include'>,
  session: SessionRecord,
  query: ThreadQuery,
): Promise<FastifyReply> {
  const { reads } = options;
  const [first, second] = placeNames.filter((name) => query[name] !== undefined);
  if (second !== undefined) throw invalid(second, `${second} and ${first} cannot be given together`);
  const leaf = await leafOf(reads, session, query);
  const place = leaf === null ? undefined : await placeOf(reads, leaf, query);
  const part = leaf === null ? nothing : await bounded(reads, await partOf(reads, leaf, place, query.limit));
  const siblings = await readSiblings(reads, part.entries);
  const running = await readRunning(reads, session.id);
  const reader = createMessageReader({ ...options, include: query.include });
  const ids = part.entries.map(({ id }) => id).toReversed();
  return sendPage(
    reply,
    {
      async read(after: DescribedMessage | undefined) {
        const from = after === undefined ? 0 : ids.indexOf(after.message.id) + 1;
        return reader.describe(await readMessagesById(reads, ids.slice(from)));
      },
      toResource: (described) => reader.toResource(described),
    },
    {
      name: 'messages',
      limit: undefined,
      rest: () => ({
        siblings: Object.fromEntries(siblings),
        leaf,
        has_more_before: part.hasMoreBefore,
        has_more_after: part.hasMoreAfter,
        running,
      }),
    },
  );
}

const nothing: Part = { entries: [], hasMoreBefore: false, hasMoreAfter: false, anchor: 0 };

/** The message that the thread ends with; null: the session has none. @throws AppError invalid_request */
async function leafOf(
  reads: Database,
  { id: sessionId, headMessageId: head }: SessionRecord,
  query: ThreadQuery,
): Promise<string | null> {
  const leaf = query.leaf?.toLowerCase();
  if (leaf !== undefined) {
    await requireOfSession(reads, sessionId, head, leaf, 'leaf');
    return leaf;
  }
  const around = query.around?.toLowerCase();
  if (around === undefined || (await isOnPath(reads, around, head))) return head;
  await requireOfSession(reads, sessionId, head, around, 'around');
  return newestLeaf(reads, sessionId, around);
}

async function requireOfSession(
  reads: Database,
  sessionId: string,
  head: string | null,
  messageId: string,
  field: string,
): Promise<void> {
  for await (const entry of pathFrom(reads, messageId)) {
    if (entry.sessionId === sessionId) return;
    break;
  }
  // A session that was begun behind a message of another one has the messages up to there, too.
  if (await isOnPath(reads, messageId, head)) return;
  throw invalid(field, `${field} must be a message of the session`);
}

/** @throws AppError invalid_request */
async function placeOf(reads: Database, leaf: string, query: ThreadQuery): Promise<Place | undefined> {
  if (query.at !== undefined) {
    const epochMs = fromTime(query.at);
    if (Number.isNaN(epochMs)) throw invalid('at', 'at must be a time of the years 0 to 9999 in UTC');
    const messageId = await firstSince(reads, leaf, epochMs);
    return messageId === undefined ? undefined : { side: 'around', messageId };
  }
  for (const side of ['before', 'around', 'after'] as const) {
    const messageId = query[side]?.toLowerCase();
    if (messageId !== undefined) return { side, messageId };
  }
  return undefined;
}

/** @throws AppError invalid_request */
async function partOf(reads: Database, leaf: string, place: Place | undefined, limit = 50): Promise<Part> {
  const newer: PathEntry[] = [];
  const older: PathEntry[] = [];
  let found: PathEntry | undefined;
  let hasNewest = false;
  for await (const entry of pathFrom(reads, leaf)) {
    if (place !== undefined && found === undefined) {
      if (entry.id === place.messageId) found = entry;
      else if (isShown(entry)) {
        newer.push(entry);
        if (newer.length > limit) {
          newer.shift();
          hasNewest = true;
        }
      }
      continue;
    }
    if (place?.side === 'after') break;
    if (isShown(entry)) older.push(entry);
    if (older.length > limit) break;
  }
  if (place === undefined)
    return {
      ...{ entries: older.slice(0, limit), anchor: 0 },
      hasMoreBefore: older.length > limit,
      hasMoreAfter: false,
    };
  if (found === undefined) throw invalid(place.side, `${place.side} must be a message of the thread`);
  switch (place.side) {
    case 'before':
      return {
        ...{ entries: older.slice(0, limit), anchor: 0 },
        hasMoreBefore: older.length > limit,
        hasMoreAfter: true,
      };
    case 'after':
      return {
        ...{ entries: newer, anchor: Math.max(0, newer.length - 1) },
        hasMoreBefore: true,
        hasMoreAfter: hasNewest,
      };
    case 'around': {
      const besides = limit - 1;
      const after = Math.min(newer.length, Math.max(Math.floor(besides / 2), besides - older.length));
      const before = Math.min(older.length, besides - after);
      return {
        entries: [...newer.slice(newer.length - after), found, ...older.slice(0, before)],
        hasMoreBefore: older.length > before,
        hasMoreAfter: hasNewest || newer.length > after,
        anchor: after,
      };
    }
  }
}

/** What of a part fits into a page: what is nearest to its anchor. */
async function bounded(reads: Database, part: Part): Promise<Part> {
  const { entries, anchor } = part;
  const sizes = await readMessageSizes(
    reads,
    entries.map(({ id }) => id),
  );
  const sizeOf = (index: number): number => sizes.get(entries[index]?.id ?? '') ?? 0;
  let [first, last] = [anchor, anchor];
  let bytes = sizeOf(anchor);
  for (let grows = true; grows; ) {
    grows = false;
    for (const next of [last + 1, first - 1]) {
      if (next < 0 || next >= entries.length || bytes + sizeOf(next) > maxPageBytes) continue;
      bytes += sizeOf(next);
      if (next > last) last = next;
      else first = next;
      grows = true;
    }
  }
  return {
    entries: entries.slice(first, last + 1),
    hasMoreBefore: part.hasMoreBefore || last < entries.length - 1,
    hasMoreAfter: part.hasMoreAfter || first > 0,
    anchor: anchor - first,
  };
}
