/** Conversations to be stored in bulk, and their rows. */
import type { Home } from '../colloquy.ts';
import { createRandom, wordsFrom } from './texts.ts';

export interface SeedConversation {
  readonly createdAtMs: number;
  readonly messages: number;
  /** Whether a message in the middle was deleted. */
  readonly hasGap?: boolean;
  /** A word to put into the first message. */
  readonly needle?: string;
}

export interface StoredConversation {
  readonly id: string;
  readonly sessionId: string;
  readonly messages: number;
}

export interface ConversationRow {
  readonly id: string;
  readonly title: string;
  readonly nextPosition: number;
  readonly deletedMessages: number;
  readonly createdAtMs: number;
}

export interface SessionRow {
  readonly id: string;
  readonly conversationId: string;
  readonly headMessageId: string;
  readonly createdAtMs: number;
}

export interface MessageRow {
  readonly id: string;
  readonly conversationId: string;
  readonly sessionId: string;
  readonly parentId: string | null;
  readonly role: 'user' | 'assistant';
  /** Lower-case words with blanks between, which a full-text index stores unchanged. */
  readonly text: string;
  readonly position: number;
  readonly createdAtMs: number;
}

/** Stores rows in bulk; all rows are stored once `finish` has resolved. */
export interface BulkStore {
  conversation(row: ConversationRow): void;
  session(row: SessionRow): void;
  message(row: MessageRow): void;
  /** Resolves when it can take more rows. */
  drained(): Promise<void>;
  finish(): Promise<void>;
}

export interface SeedOptions {
  readonly wordsPerMessage: number;
  readonly isSearchable: boolean;
}

export type OpenBulkStore = (home: Home, options: SeedOptions) => Promise<BulkStore>;

const titleWords = 4;
const messageIntervalMs = 1000;

/** Stores conversations in the order given, as those of a `prod` key with one session each. */
export async function storeConversations(
  store: BulkStore,
  conversations: Iterable<SeedConversation>,
  options: SeedOptions,
): Promise<StoredConversation[]> {
  const random = createRandom(1);
  const newId = idsFrom(random);
  const stored: StoredConversation[] = [];
  for (const { createdAtMs, messages, hasGap = false, needle } of conversations) {
    const id = newId(createdAtMs);
    const sessionId = newId(createdAtMs);
    const gapAt = hasGap ? Math.floor(messages / 2) : Number.POSITIVE_INFINITY;
    const nextPosition = messages + (hasGap ? 1 : 0);
    const title = wordsFrom(random, titleWords).join(' ');
    store.conversation({ id, title, nextPosition, deletedMessages: hasGap ? 1 : 0, createdAtMs });
    const ids = { conversationId: id, sessionId };
    let parentId: string | null = null;
    for (let n = 0; n < messages; n += 1) {
      const sentAtMs = createdAtMs + n * messageIntervalMs;
      const messageId = newId(sentAtMs);
      const words = wordsFrom(random, options.wordsPerMessage);
      if (n === 0 && needle !== undefined) words.push(needle);
      store.message({
        ...ids,
        id: messageId,
        parentId,
        role: n % 2 === 0 ? 'user' : 'assistant',
        text: words.join(' '),
        position: n < gapAt ? n : n + 1,
        createdAtMs: sentAtMs,
      });
      parentId = messageId;
      if (n % 1000 === 999) await store.drained();
    }
    store.session({ id: sessionId, conversationId: id, headMessageId: parentId ?? '', createdAtMs });
    stored.push({ ...ids, id, messages });
    await store.drained();
  }
  await store.finish();
  return stored;
}

/** Makes UUIDv7s of given times; ids of the same time differ in their random half. */
function idsFrom(random: () => number): (atMs: number) => string {
  const hex = (digits: number): string =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  return (atMs) => {
    const time = atMs.toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`;
  };
}

export const answerUsage = JSON.stringify({
  prompt_tokens: 200,
  completion_tokens: 40,
  total_tokens: 240,
  provenance: 'reported',
});

export function partsOf(text: string): string {
  return JSON.stringify([{ type: 'text', text }]);
}
