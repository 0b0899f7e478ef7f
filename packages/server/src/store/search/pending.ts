/** Texts that the search index lacks, as the search thread prepares them for it. */
import { sql } from 'kysely';
import { isKept } from '../queries/ephemeral.ts';
import { tenantOf } from '../queries/scope.ts';
import type { Database } from '../tables.ts';
import { type EntryKind, maxTextLength, tokensOfText } from './tokens.ts';

/** What `search_state` says of a title or a message. A state below `indexed` is pending. */
export const searchStates = {
  /** The text is new, or has changed. */
  changed: 0,
  /** Only an index of an earlier version had the text. */
  outdated: 1,
  indexed: 2,
  /** The index could not take the text. */
  refused: 3,
} as const;

// In the same words as the conditions of the partial indexes.
export const titleIsPending = sql<boolean>`search_state < 2`;
/** An answer is indexed once it has ended. */
export const messageIsPending = sql<boolean>`search_state < 2 and status not in ('queued', 'running')`;
const newestFirst = sql`search_state, id desc`;

export async function hasPending(db: Database): Promise<boolean> {
  const title = await db.selectFrom('conversation').select('id').where(titleIsPending).limit(1).execute();
  if (title.length > 0) return true;
  const message = await db.selectFrom('message').select('id').where(messageIsPending).limit(1).execute();
  return message.length > 0;
}

export interface IndexStep {
  /** Maximum number of titles, and of messages. */
  readonly maxTexts: number;
  /** Approximate maximum length of all messages together, in UTF-16 units. */
  readonly maxLength: number;
}

export interface PreparedText {
  readonly kind: EntryKind;
  /** Id of the conversation whose title it is, or of the message. */
  readonly id: string;
  readonly conversationId: string;
  /** The title as it was read; null for a message, whose text does not change. */
  readonly title: string | null;
  /** Hexadecimal tokens with a blank between; empty for a text without words. */
  readonly tokens: string;
  /** Why the text has no tokens, if it could not be split into words. */
  readonly problem?: string;
}

export interface PreparedStep {
  readonly texts: readonly PreparedText[];
  /** Whether no others were pending. */
  readonly isLast: boolean;
}

/**
 * Prepares the next texts, those that have changed before those that only need a new form, newest first. What no list
 * shows has no words.
 */
export async function preparePending(
  db: Database,
  { maxTexts, maxLength }: IndexStep,
): Promise<PreparedStep> {
  const titles = await db
    .selectFrom('conversation')
    .select(['id', 'organization_id', 'environment', 'end_user_id', 'title', 'expires_at'])
    .where(titleIsPending)
    .orderBy(newestFirst)
    .limit(maxTexts)
    .execute();
  const texts = titles.map((row) =>
    prepare(row.expires_at === null ? row.title : '', {
      row,
      kind: 'title',
      conversationId: row.id,
      title: row.title,
    }),
  );
  const messages = await db
    .selectFrom('message')
    .select(['id', 'conversation_id', 'organization_id', 'environment', 'end_user_id'])
    .select(
      sql<string>`case when role in ('user', 'assistant') and ${isKept('message.conversation_id')}
        then substr(text, 1, ${sql.lit(maxTextLength)}) else '' end`.as('text'),
    )
    .where(messageIsPending)
    .orderBy(newestFirst)
    .limit(maxTexts)
    .execute();
  let length = 0;
  let taken = 0;
  for (const row of messages) {
    if (length >= maxLength) break;
    texts.push(prepare(row.text, { row, kind: 'message', conversationId: row.conversation_id, title: null }));
    length += row.text.length;
    taken += 1;
  }
  const isLast = titles.length < maxTexts && messages.length < maxTexts && taken === messages.length;
  return { texts, isLast };
}

interface Source extends Pick<PreparedText, 'kind' | 'conversationId' | 'title'> {
  readonly row: Parameters<typeof tenantOf>[0] & { readonly id: string };
}

function prepare(text: string, { row, kind, conversationId, title }: Source): PreparedText {
  const prepared = { kind, id: row.id, conversationId, title };
  try {
    return { ...prepared, tokens: tokensOfText(tenantOf(row), kind, text).join(' ') };
  } catch (error) {
    return { ...prepared, tokens: '', problem: error instanceof Error ? error.message : String(error) };
  }
}
