/**
 * The entries of the search index, as each engine stores them: SQLite in an FTS5 table without content, whose words
 * begin with their tenant's mark, so that a search reads and counts only that tenant's words; PostgreSQL as a tsvector
 * with the tenant as a word in it.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Environment, Scope, Tenant } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import { statement } from '../statement.ts';
import type { Database } from '../tables.ts';
import { type Phrase, type Word, wordsOf } from './words.ts';

/** Maximum number of words of a text; PostgreSQL stores no higher positions. */
const maxWords = 16_000;
/** Maximum number of positions that PostgreSQL keeps of one word. */
const maxPositions = 255;
/** Maximum size of an entry's words in PostgreSQL, which refuses more than 1,048,575; further words are left out. */
const maxVectorBytes = 1_000_000;
/** What PostgreSQL keeps beside a word's own bytes, padding included, and for each position. */
const [bytesPerTerm, bytesPerPosition] = [3, 2];

export interface SearchEntry {
  readonly tenant: Tenant;
  readonly conversationId: string;
  /** Null if the text is the conversation's title. */
  readonly messageId: string | null;
  readonly text: string;
}

/** Twelve hex digits before every word. Results are checked, so two tenants with one mark would only be slower. */
function markOf(organizationId: string, environment: Environment): string {
  return createHash('sha256').update(`${organizationId}/${environment}`).digest('hex').slice(0, 12);
}

function ownerWord(endUserId: string): string {
  return endUserId.replaceAll('-', '');
}

interface WordedEntry extends SearchEntry {
  readonly words: readonly Word[];
}

/** Adds entries to the index; a text without words gets none. */
export async function addEntries(
  { db, engine }: CommandContext,
  entries: readonly SearchEntry[],
): Promise<void> {
  const worded = entries
    .map((entry): WordedEntry => ({ ...entry, words: [...wordsOf(entry.text, maxWords)] }))
    .filter(({ words }) => words.length > 0);
  if (worded.length === 0) return;
  if (engine === 'postgres') await addInPostgres(db, worded);
  else for (const entry of worded) await addInSqlite(db, entry);
}

/** Adds the entries in one statement, whose text is the same for any number of entries. */
async function addInPostgres(db: Database, entries: readonly WordedEntry[]): Promise<void> {
  const conversationIds = entries.map(({ conversationId }) => conversationId);
  const messageIds = entries.map(({ messageId }) => messageId);
  const terms = entries.map((entry) => tsvectorOf(entry, entry.words));
  await sql`insert into search_document (conversation_id, message_id, terms)
    select conversation_id, message_id, terms::tsvector
    from unnest(${conversationIds}::text[], ${messageIds}::text[], ${terms}::text[])
      as entry (conversation_id, message_id, terms)`.execute(db);
}

const insertDocument = statement<{ conversation_id: string; message_id: string | null }, { id: number }>(
  (db, param) =>
    db
      .insertInto('search_document')
      .values({ conversation_id: param('conversation_id'), message_id: param('message_id') })
      .returning('id'),
);

const insertWords = statement<{ id: number; title: string; body: string; owner: string }, unknown>(
  (_db, param) => sql`insert into search_words (rowid, title, body, owner)
    values (${param('id')}, ${param('title')}, ${param('body')}, ${param('owner')})`,
);

async function addInSqlite(
  db: Database,
  { tenant, conversationId, messageId, words }: WordedEntry,
): Promise<void> {
  const [document] = await insertDocument(db, { conversation_id: conversationId, message_id: messageId });
  if (document === undefined) throw new Error('the insert of a search document gave no id');
  const mark = markOf(tenant.organizationId, tenant.environment);
  const text = words.map(({ term }) => mark + term).join(' ');
  const owner = tenant.endUserId === null ? '' : mark + ownerWord(tenant.endUserId);
  const isTitle = messageId === null;
  await insertWords(db, { id: document.id, title: isTitle ? text : '', body: isTitle ? '' : text, owner });
}

function tsvectorOf(entry: SearchEntry, words: readonly Word[]): string {
  const { tenant } = entry;
  const weight = entry.messageId === null ? 'A' : '';
  const positions = new Map<string, string[]>();
  let bytes = 0;
  for (const [index, { term }] of words.entries()) {
    if (bytes > maxVectorBytes) break;
    const known = positions.get(term) ?? [];
    if (known.length === 0) bytes += Buffer.byteLength(term) + bytesPerTerm;
    if (known.length < maxPositions) {
      known.push(`${index + 1}${weight}`);
      bytes += bytesPerPosition;
    }
    positions.set(term, known);
  }
  const parts = [tenantLexeme(tenant.organizationId, tenant.environment)];
  if (tenant.endUserId !== null) parts.push(ownerLexeme(tenant.endUserId));
  for (const [term, at] of positions) parts.push(`'${term}':${at.join(',')}`);
  return parts.join(' ');
}

// No word contains these characters.
function tenantLexeme(organizationId: string, environment: Environment): string {
  return `'@${organizationId}/${environment}'`;
}
function ownerLexeme(endUserId: string): string {
  return `'@${endUserId}'`;
}

export interface Match {
  readonly conversation_id: string;
  readonly message_id: string | null;
}

export interface MatchPage {
  readonly isArchived?: boolean | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Maximum number of matching entries that are ranked: the newest. */
const maxCandidates = 20_000;
/** Factor by which a word in the title counts more than one in a message. */
const titleWeight = 5;

/** Finds the best entry of each conversation, the best conversation first. */
export async function findMatches(
  db: Database,
  engine: CommandContext['engine'],
  scope: Scope,
  phrases: readonly Phrase[],
  page: MatchPage,
): Promise<Match[]> {
  const ranked = engine === 'postgres' ? rankInPostgres(scope, phrases) : rankInSqlite(scope, phrases);
  const archived =
    page.isArchived === undefined ? sql`` : sql`and c.is_archived = ${sql.lit(page.isArchived ? 1 : 0)}`;
  // With a plain join SQLite would scan all conversations of the organization, and search for the matches of each.
  const joined = engine === 'postgres' ? sql`join` : sql`cross join`;
  const owned = scope.endUserId === undefined ? sql`` : sql`and c.end_user_id = ${scope.endUserId}`;
  const result = await sql<Match>`
    select best.conversation_id, best.message_id from (
      select conversation_id, message_id, score, row_number()
        over (partition by conversation_id order by score desc, id desc) as place
      from (${ranked}) as ranked
    ) as best ${joined} conversation c on c.id = best.conversation_id
    where best.place = 1 and c.organization_id = ${scope.organizationId}
      and c.environment = ${scope.environment} ${owned} ${archived}
    order by best.score desc, c.created_at desc, c.id desc
    limit ${page.limit} offset ${page.offset}`.execute(db);
  return result.rows;
}

function rankInSqlite(scope: Scope, phrases: readonly Phrase[]) {
  const mark = markOf(scope.organizationId, scope.environment);
  const asked = phrases.map(
    ({ terms, isPrefix }) => terms.map((term) => `"${mark}${term}"`).join(' + ') + (isPrefix ? ' *' : ''),
  );
  const owner = scope.endUserId === undefined ? '' : ` AND owner : "${mark}${ownerWord(scope.endUserId)}"`;
  const match = `{title body} : (${asked.join(' AND ')})${owner}`;
  return sql`
    select d.id, d.conversation_id, d.message_id, found.score from (
      select rowid, -bm25(search_words, ${sql.lit(titleWeight)}, 1, 0) as score from search_words
      where search_words match ${match} order by rowid desc limit ${sql.lit(maxCandidates)}
    ) as found join search_document d on d.id = found.rowid`;
}

function rankInPostgres(scope: Scope, phrases: readonly Phrase[]) {
  const asked = phrases
    .map(({ terms, isPrefix }) => {
      const all = terms.map((term) => `'${term}'`).join(' <-> ');
      return isPrefix ? `${all}:*` : `(${all})`;
    })
    .join(' & ');
  const whose = [tenantLexeme(scope.organizationId, scope.environment)];
  if (scope.endUserId !== undefined) whose.push(ownerLexeme(scope.endUserId));
  // Not materialized, the order would make the planner walk all entries from the newest on.
  return sql`
    with found as materialized (
      select id, conversation_id, message_id, terms from search_document
      where terms @@ ${`${whose.join(' & ')} & ${asked}`}::tsquery
    )
    select id, conversation_id, message_id, ts_rank(terms, ${asked}::tsquery, 1) as score
    from (select * from found order by id desc limit ${sql.lit(maxCandidates)}) as newest`;
}
