/** Full-text search over the titles and messages of a scope. */
import type { Scope } from '../../domain/scope.ts';
import { type ConversationRecord, toConversation } from '../queries/conversations.ts';
import type { Database, StoreEngine } from '../tables.ts';
import { findMatches, type Match, type MatchPage } from './documents.ts';
import { snippetOf } from './snippet.ts';
import { phrasesOf } from './words.ts';

export interface FoundConversation {
  readonly conversation: ConversationRecord;
  /** The part of the text that contains the words. */
  readonly snippet: string;
}

/** Conversations that are read at once, with the texts of their matches. */
const chunkSize = 50;

/** Finds conversations, the best first. All words must be in one message or the title; no words, no matches. */
export async function searchConversations(
  db: Database,
  engine: StoreEngine,
  scope: Scope,
  query: string,
  page: MatchPage,
): Promise<FoundConversation[]> {
  const phrases = phrasesOf(query);
  if (phrases.length === 0) return [];
  const matches = await findMatches(db, engine, scope, phrases, page);
  const found: FoundConversation[] = [];
  for (let start = 0; start < matches.length; start += chunkSize) {
    const chunk = matches.slice(start, start + chunkSize);
    for (const { conversation, text } of await readTexts(db, chunk)) {
      found.push({ conversation, snippet: snippetOf(text, phrases) });
    }
  }
  return found;
}

async function readTexts(
  db: Database,
  matches: readonly Match[],
): Promise<{ readonly conversation: ConversationRecord; readonly text: string }[]> {
  const conversations = await db
    .selectFrom('conversation')
    .selectAll()
    .where(
      'id',
      'in',
      matches.map((match) => match.conversation_id),
    )
    .execute();
  const messageIds = matches.flatMap((match) => match.message_id ?? []);
  const messages =
    messageIds.length === 0
      ? []
      : await db.selectFrom('message').select(['id', 'text']).where('id', 'in', messageIds).execute();
  const rows = new Map(conversations.map((row) => [row.id, row]));
  const texts = new Map(messages.map((row) => [row.id, row.text]));
  return matches.flatMap(({ conversation_id, message_id }) => {
    const row = rows.get(conversation_id);
    // The conversation was deleted after it was found.
    if (row === undefined) return [];
    const text = message_id === null ? row.title : texts.get(message_id);
    return text === undefined ? [] : [{ conversation: toConversation(row), text }];
  });
}
