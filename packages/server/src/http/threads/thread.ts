/** A part of a session's thread: the path from its beginning to a message. */
import type { FastifyReply } from 'fastify';
import { invalid } from '../../domain/errors.ts';
import { isShown } from '../../domain/message.ts';
import type { SessionRecord } from '../../domain/session.ts';
import { readMessageSizes, readMessagesById } from '../../store/queries/messages.ts';
import { maxPageBytes } from '../../store/queries/page.ts';
import {
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
  readonly limit?: number;
  readonly include?: 'reasoning';
}

interface Part {
  /** Newest first. */
  readonly entries: readonly PathEntry[];
  readonly hasMoreBefore: boolean;
  readonly hasMoreAfter: boolean;
}

/** @throws AppError invalid_request: a message that is none of the thread's, or both `before` and `around` */
export async function sendThread(
  reply: FastifyReply,
  options: Omit<MessageReaderOptions, 'include'>,
  session: SessionRecord,
  query: ThreadQuery,
): Promise<FastifyReply> {
  const { reads } = options;
  if (query.before !== undefined && query.around !== undefined)
    throw invalid('around', 'around and before cannot be given together');
  const leaf = await leafOf(reads, session, query);
  const part = leaf === null ? nothing : await bounded(reads, await partOf(reads, leaf, query), query.around);
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

const nothing: Part = { entries: [], hasMoreBefore: false, hasMoreAfter: false };

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
async function partOf(reads: Database, leaf: string, query: ThreadQuery): Promise<Part> {
  const { limit = 50 } = query;
  const anchorField = query.around === undefined ? 'before' : 'around';
  const anchor = query[anchorField]?.toLowerCase();
  const newer: PathEntry[] = [];
  const older: PathEntry[] = [];
  let found: PathEntry | undefined;
  let hasNewest = false;
  for await (const entry of pathFrom(reads, leaf)) {
    if (anchor !== undefined && found === undefined) {
      if (entry.id === anchor) found = entry;
      else if (isShown(entry)) {
        newer.push(entry);
        if (newer.length > limit) {
          newer.shift();
          hasNewest = true;
        }
      }
      continue;
    }
    if (isShown(entry)) older.push(entry);
    if (older.length > limit) break;
  }
  if (anchor !== undefined && found === undefined)
    throw invalid(anchorField, `${anchorField} must be a message of the thread`);
  if (query.around === undefined || found === undefined)
    return {
      entries: older.slice(0, limit),
      hasMoreBefore: older.length > limit,
      hasMoreAfter: anchor !== undefined,
    };
  const besides = limit - 1;
  const after = Math.min(newer.length, Math.max(Math.floor(besides / 2), besides - older.length));
  const before = Math.min(older.length, besides - after);
  return {
    entries: [...newer.slice(newer.length - after), found, ...older.slice(0, before)],
    hasMoreBefore: older.length > before,
    hasMoreAfter: hasNewest || newer.length > after,
  };
}

/** What of a part fits into a page: what is nearest to `around`, otherwise the newest. */
async function bounded(reads: Database, part: Part, around: string | undefined): Promise<Part> {
  const { entries } = part;
  const sizes = await readMessageSizes(
    reads,
    entries.map(({ id }) => id),
  );
  const sizeOf = (index: number): number => sizes.get(entries[index]?.id ?? '') ?? 0;
  const anchor = Math.max(
    0,
    entries.findIndex(({ id }) => id === around?.toLowerCase()),
  );
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
  };
}
