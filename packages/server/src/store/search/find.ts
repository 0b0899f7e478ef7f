/** Full-text search over the titles and messages of a scope. */
import { sql } from 'kysely';
import type { Creator, Scope } from '../../domain/scope.ts';
import { isAmong } from '../command-context.ts';
import { type ConversationRecord, toConversation } from '../queries/conversations.ts';
import type { MetadataFilter } from '../queries/metadata.ts';
import type { Database, StoreEngine } from '../tables.ts';
import { type Candidate, findCandidates } from './candidates.ts';
import { matchText } from './match.ts';
import { type Phrase, phrasesOf } from './query.ts';
import { snippetAt } from './snippet.ts';
import { type EntryKind, isVague, maxTextLength, tokensOfPhrases } from './tokens.ts';

export interface MatchPage {
  readonly isArchived?: boolean | undefined;
  /** Only conversations that this caller made. */
  readonly createdBy?: Creator | undefined;
  /** Only conversations that have all of these pairs. */
  readonly metadata?: MetadataFilter | undefined;
  readonly limit: number;
  readonly offset: number;
}

export interface FoundConversation {
  readonly conversation: ConversationRecord;
  /** The part of the text that contains the words. */
  readonly snippet: string;
  /** The message that the text is of; null: it is the title. */
  readonly messageId: string | null;
}

/** Maximum number of titles, and of messages, that are ranked: the newest that match. */
const maxRanked = 200;
/** Maximum number of entries that are looked at where they may have all tokens of a query without matching it. */
const maxVague = 1000;
/** Texts that are read at once, and the length of all texts after which no more are read. */
const chunkSize = 50;
const maxReadLength = 4_000_000;
/** Factor by which a title counts more than a message. */
const titleWeight = 5;

interface Found {
  readonly conversationId: string;
  readonly messageId: string | null;
  readonly createdAt: number;
  readonly score: number;
  readonly text: string;
  /** Where the words begin in the text. */
  readonly start: number;
}

/**
 * Finds conversations, the best first; of equally good ones, the newest. All words must be in one message or the title;
 * no words, no matches. Of the titles and of the messages that match, the newest 200 each are ranked and found.
 */
export async function searchConversations(
  db: Database,
  engine: StoreEngine,
  scope: Scope,
  query: string,
  page: MatchPage,
): Promise<FoundConversation[]> {
  const phrases = phrasesOf(query);
  if (phrases.length === 0) return [];
  const best = new Map<string, Found>();
  for (const kind of ['title', 'message'] as const) {
    for (const found of await findOfKind(db, engine, { scope, phrases, kind, page })) {
      const before = best.get(found.conversationId);
      if (before === undefined || found.score > before.score) best.set(found.conversationId, found);
    }
  }
  const ordered = [...best.values()].sort(
    (a, b) =>
      b.score - a.score || b.createdAt - a.createdAt || (a.conversationId < b.conversationId ? 1 : -1),
  );
  return await readConversations(db, ordered.slice(page.offset, page.offset + page.limit));
}

interface KindQuery {
  readonly scope: Scope;
  readonly phrases: readonly Phrase[];
  readonly kind: EntryKind;
  readonly page: MatchPage;
}

async function findOfKind(
  db: Database,
  engine: StoreEngine,
  { scope, phrases, kind, page }: KindQuery,
): Promise<Found[]> {
  const candidates = await findCandidates(db, engine, {
    scope,
    tokens: tokensOfPhrases(scope, kind, phrases),
    isArchived: page.isArchived,
    createdBy: page.createdBy,
    metadata: page.metadata,
    limit: isVague(phrases) ? maxVague : maxRanked,
  });
  const found: Found[] = [];
  let length = 0;
  for (let start = 0; start < candidates.length; start += chunkSize) {
    const chunk = candidates.slice(start, start + chunkSize);
    const texts = await readTexts(db, engine, kind, chunk);
    for (const candidate of chunk) {
      // The text was deleted after it was found.
      const text = texts.get(candidate.messageId ?? candidate.conversationId);
      if (text === undefined) continue;
      length += text.length;
      const match = matchText(text, phrases);
      if (match === undefined) continue;
      const { conversationId, messageId, conversationCreatedAt: createdAt } = candidate;
      const score = match.score * (kind === 'title' ? titleWeight : 1);
      found.push({ conversationId, messageId, createdAt, score, text, start: match.start });
      if (found.length === maxRanked) return found;
    }
    if (length > maxReadLength) break;
  }
  return found;
}

/** The beginnings of the candidates' texts, by the id of the message or conversation. */
async function readTexts(
  db: Database,
  engine: StoreEngine,
  kind: EntryKind,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<string, string>> {
  const ids = candidates.map(({ conversationId, messageId }) => messageId ?? conversationId);
  const [table, column] = kind === 'title' ? [sql`conversation`, sql`title`] : [sql`message`, sql`text`];
  const { rows } = await sql<{ id: string; text: string }>`
    select id, substr(${column}, 1, ${sql.lit(maxTextLength)}) as text from ${table} where ${isAmong(engine, 'id', ids)}`.execute(
    db,
  );
  return new Map(rows.map(({ id, text }) => [id, text.slice(0, maxTextLength)]));
}

async function readConversations(db: Database, found: readonly Found[]): Promise<FoundConversation[]> {
  const rows = new Map<string, ConversationRecord>();
  for (let start = 0; start < found.length; start += chunkSize) {
    const ids = found.slice(start, start + chunkSize).map(({ conversationId }) => conversationId);
    const read = await db.selectFrom('conversation').selectAll().where('id', 'in', ids).execute();
    for (const row of read) rows.set(row.id, toConversation(row));
  }
  return found.flatMap(({ conversationId, messageId, text, start }) => {
    const conversation = rows.get(conversationId);
    return conversation === undefined ? [] : [{ conversation, snippet: snippetAt(text, start), messageId }];
  });
}
