/** A conversation's messages as items, in pages. */
import { AppError } from '../../../../domain/errors.ts';
import { type GenerationStatus, isTerminal } from '../../../../domain/generation.ts';
import type { MessagePart } from '../../../../domain/message.ts';
import {
  findWholeMessage,
  readWholeMessages,
  type WholeMessage,
} from '../../../../store/queries/messages.ts';
import type { Database } from '../../../../store/store.ts';
import { readItemId } from '../ids.ts';
import { type PageQuery, toPage, unknownPlace, usualLimit } from '../item-pages.ts';
import { type Item, itemsOf } from '../responses/input-items.ts';
import type { ItemStatus } from '../responses/output-items.ts';
import { imagesOf } from '../stored-images.ts';

/** Parts of a live answer, as far as they are committed. */
export type LiveParts = (generationId: string) => Promise<readonly MessagePart[]>;

/** Positions that are read at once backwards. */
const window = 50;

export interface ItemsRequest extends PageQuery {
  readonly conversationId: string;
  /** The position behind the last message. */
  readonly end: number;
}

/** @throws AppError invalid_request (`after` is no item of the conversation) */
export async function pageItems(reads: Database, live: LiveParts, request: ItemsRequest) {
  const { conversationId, end, limit = usualLimit, order = 'desc', after } = request;
  const start = after === undefined ? undefined : await placeOf(reads, conversationId, after);
  if (after !== undefined && start === undefined) throw unknownPlace();
  const found: Item[] = [];
  let isBehind = after === undefined;
  const messages =
    order === 'asc' ? forwards(reads, request, start ?? 0) : backwards(reads, request, start ?? end - 1);
  for await (const message of messages) {
    const items = await itemsOfMessage(reads, live, message);
    for (const item of order === 'asc' ? items : items.toReversed()) {
      if (isBehind) found.push(item);
      else isBehind = item.id === after;
    }
    // `after` may name a part that no item shows; its message is passed over.
    isBehind = true;
    if (found.length > limit) break;
  }
  return toPage(found.slice(0, limit), found.length > limit);
}

async function* forwards(
  reads: Database,
  { conversationId }: ItemsRequest,
  from: number,
): AsyncGenerator<WholeMessage> {
  for (let next = from; ; ) {
    const page = await readWholeMessages(reads, conversationId, next);
    const last = page.at(-1);
    if (last === undefined) return;
    yield* page;
    next = last.position + 1;
  }
}

async function* backwards(
  reads: Database,
  { conversationId }: ItemsRequest,
  from: number,
): AsyncGenerator<WholeMessage> {
  for (let last = from; last >= 0; last -= window) {
    const first = Math.max(0, last - window + 1);
    const read: WholeMessage[] = [];
    for (let next = first; next <= last; ) {
      const page = await readWholeMessages(reads, conversationId, next);
      const end = page.at(-1);
      if (end === undefined) break;
      read.push(...page.filter(({ position }) => position <= last));
      next = end.position + 1;
    }
    yield* read.toReversed();
  }
}

async function placeOf(reads: Database, conversationId: string, id: string): Promise<number | undefined> {
  const named = readItemId(id);
  if (named === undefined) return undefined;
  return (await findWholeMessage(reads, conversationId, named.messageId))?.position;
}

export async function itemsOfMessage(
  reads: Database,
  live: LiveParts,
  { id, role, parts: stored, status, generation_id: generationId }: WholeMessage,
): Promise<readonly Item[]> {
  const isLive = generationId !== null && !isTerminal(status);
  const parts = isLive ? await live(generationId) : (JSON.parse(stored) as readonly MessagePart[]);
  return itemsOf({ id, role, parts }, itemStatus(status), await imagesOf(reads, [{ parts }]));
}

function itemStatus(status: GenerationStatus): ItemStatus {
  if (!isTerminal(status)) return 'in_progress';
  return status === 'done' ? 'completed' : 'incomplete';
}

/** @throws AppError not_found */
export function noItem(id: string): AppError {
  return new AppError('not_found', `there is no item ${JSON.stringify(id)} in the conversation`);
}
