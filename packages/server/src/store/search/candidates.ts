/** Finds the newest entries that may match a query, with an amount of work that does not grow with the matches. */
import { sql } from 'kysely';
import { fromStoredMetadata } from '../../domain/message.ts';
import type { Creator, Scope } from '../../domain/scope.ts';
import { newestBlocks, storedToken } from '../postgres/search-blocks.ts';
import { creatorColumns } from '../queries/creators.ts';
import type { MetadataFilter } from '../queries/metadata.ts';
import { isInScope, type TenantColumns } from '../queries/scope.ts';
import type { CreatorColumns, Database, Flag, StoreEngine } from '../tables.ts';
import type { Token } from './tokens.ts';

export interface Candidate {
  readonly conversationId: string;
  /** Null if the entry is the conversation's title. */
  readonly messageId: string | null;
  readonly conversationCreatedAt: number;
}

export interface CandidateQuery {
  readonly scope: Scope;
  /** All of them must be the entry's. */
  readonly tokens: readonly Token[];
  readonly isArchived: boolean | undefined;
  readonly createdBy: Creator | undefined;
  readonly metadata: MetadataFilter | undefined;
  /** Maximum number of candidates. */
  readonly limit: number;
}

interface Row extends TenantColumns, CreatorColumns {
  readonly conversation_id: string;
  readonly message_id: string | null;
  readonly created_at: number;
  readonly is_archived: Flag;
  readonly metadata: string | null;
}

/** Whether a conversation is archived, who made it, and its metadata are not in the index: so many entries are looked at for one of those. */
const entriesPerWanted = 8;

const columns = sql`d.conversation_id, d.message_id, c.created_at, c.is_archived, c.organization_id, c.environment,
  c.end_user_id, c.created_by_kind, c.created_by_id, c.metadata`;

/** The newest entry first. */
export async function findCandidates(
  db: Database,
  engine: StoreEngine,
  query: CandidateQuery,
): Promise<Candidate[]> {
  const { isArchived, createdBy, metadata, limit } = query;
  const isInIndex = isArchived === undefined && createdBy === undefined && metadata === undefined;
  const most = isInIndex ? limit : limit * entriesPerWanted;
  const rows =
    engine === 'postgres'
      ? await readInPostgres(db, query, most)
      : await readInSqlite(db, query.tokens, most);
  return wanted(rows, query)
    .slice(0, limit)
    .map((row) => ({
      conversationId: row.conversation_id,
      messageId: row.message_id,
      conversationCreatedAt: row.created_at,
    }));
}

function wanted(rows: readonly Row[], { scope, isArchived, createdBy, metadata }: CandidateQuery): Row[] {
  const pairs = Object.entries(metadata?.pairs ?? {});
  const made = createdBy && creatorColumns(createdBy);
  return rows.filter(
    (row) =>
      isInScope(row, scope) &&
      (isArchived === undefined || (row.is_archived === 1) === isArchived) &&
      (made === undefined ||
        (row.created_by_kind === made.created_by_kind && row.created_by_id === made.created_by_id)) &&
      (pairs.length === 0 || hasPairs(row, pairs)),
  );
}

function hasPairs({ metadata }: Row, pairs: readonly [name: string, text: string][]): boolean {
  const own = fromStoredMetadata(metadata);
  return pairs.every(([name, text]) => Object.hasOwn(own, name) && own[name] === text);
}

async function readInSqlite(db: Database, tokens: readonly Token[], most: number): Promise<readonly Row[]> {
  const match = tokens.map((token) => `"${token}"`).join(' AND ');
  // With plain joins SQLite would scan all conversations, and search for the matches of each.
  const { rows } = await sql<Row>`select ${columns} from (
      select rowid as id from search_tokens where search_tokens match ${match} order by rowid desc limit ${most}
    ) as found cross join search_document d on d.id = found.id
    cross join conversation c on c.id = d.conversation_id
    order by found.id desc`.execute(db);
  return rows;
}

async function readInPostgres(db: Database, query: CandidateQuery, most: number): Promise<readonly Row[]> {
  const { tokens, limit } = query;
  const newest = await db
    .selectFrom('search_document')
    .select((eb) => eb.fn.max('id').as('id'))
    .executeTakeFirst();
  const asked = arrayOf(tokens.map(storedToken));
  let rows: readonly Row[] = [];
  for (const blocks of newestBlocks(Number(newest?.id ?? 0))) {
    const inBlocks = blocks === null ? sql`` : sql`and tokens && ${arrayOf(blocks)}::text::bigint[]`;
    // Materialized, since for the order the planner would walk all entries from the newest on.
    const result = await sql<Row>`
      with found as materialized (
        select id, conversation_id, message_id from search_document
        where tokens @> ${asked}::text::bigint[] ${inBlocks}
      ), d as (select * from found order by id desc limit ${most})
      select ${columns} from d join conversation c on c.id = d.conversation_id
      order by d.id desc`.execute(db);
    rows = result.rows;
    if (rows.length >= most || wanted(rows, query).length >= limit) break;
  }
  return rows;
}

function arrayOf(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}
