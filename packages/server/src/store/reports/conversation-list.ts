/** The conversations of an organization, with what they come to, newest first. */
import { type RawBuilder, sql } from 'kysely';
import type { GenerationStatus } from '../../domain/generation.ts';
import { type Environment, environments, type OrganizationScope } from '../../domain/scope.ts';
import { fromBillionths, toBillionths } from '../../domain/usage.ts';
import { isAmong } from '../command-context.ts';
import { type ConversationRecord, toConversation } from '../queries/conversations.ts';
import { isInRange, type TimePage, type TimePageRequest, type TimePlace } from '../queries/page.ts';
import type { Database, StoreEngine } from '../tables.ts';
import { type ActivityFilter, isFiltering, newestStatus, passes } from './activity.ts';
import { type Looked, pageNewestFirst } from './newest-first.ts';

export interface ConversationFilter extends ActivityFilter {
  readonly environment?: Environment | undefined;
  readonly isArchived?: boolean | undefined;
  /** Only those of these end users. */
  readonly endUsers?: readonly { readonly id: string; readonly environment: Environment }[] | undefined;
  /** Only these conversations, such as those that a search has found. */
  readonly ids?: readonly string[] | undefined;
}

export interface ConversationList {
  readonly scope: OrganizationScope;
  readonly filter: ConversationFilter;
  readonly page: TimePageRequest;
}

export interface ConversationSummary extends ConversationRecord {
  /** The `user_id` of its end user; null: none. */
  readonly userId: string | null;
  readonly messages: number;
  readonly sessions: number;
  readonly generations: number;
  /** Of prompts and answers of its generations. */
  readonly totalTokens: number;
  /** The model of its newest generation; null without one. */
  readonly modelName: string | null;
  /** The persona of its newest generation; null: a bare model, or no generation. */
  readonly persona: { readonly id: number; readonly version: number } | null;
  /** Of its newest generation; null without one. */
  readonly status: GenerationStatus | null;
  /** Of its generations, by the models' prices; null where none had prices. */
  readonly cost: number | null;
}

const ofConversation = sql`generation.conversation_id = conversation.id`;

export async function listOrganizationConversations(
  db: Database,
  engine: StoreEngine,
  { scope, filter, page }: ConversationList,
): Promise<TimePage<ConversationSummary>> {
  const isFiltered = isFiltering(filter) || filter.isArchived !== undefined;
  const found = await pageNewestFirst(page, isFiltered, (limit, after) =>
    look(db, engine, scope, filter, limit, after),
  );
  const summaries = await summarize(
    db,
    engine,
    scope,
    found.data.map(({ id }) => id),
  );
  return { data: summaries, next: found.next };
}

/** A conversation of the organization, in either environment; undefined: it has none of this id. */
export async function findOrganizationConversation(
  db: Database,
  engine: StoreEngine,
  { scope, id }: { readonly scope: OrganizationScope; readonly id: string },
): Promise<ConversationSummary | undefined> {
  return (await summarize(db, engine, scope, [id.toLowerCase()]))[0];
}

/** Rows of each index that may hold some, the newest of all first. */
async function look(
  db: Database,
  engine: StoreEngine,
  scope: OrganizationScope,
  filter: ConversationFilter,
  limit: number,
  after: TimePlace | undefined,
): Promise<readonly Looked[]> {
  const matches = sql`${passes(ofConversation, filter)} and ${
    filter.isArchived === undefined ? sql`1 = 1` : sql`is_archived = ${Number(filter.isArchived)}`
  }`;
  const range = sql.join(
    [
      isInRange(filter, after),
      ...(filter.ids === undefined ? [] : [isAmong(engine, 'id', filter.ids)]),
      sql`organization_id = ${scope.organizationId}`,
      sql`expires_at is null`,
    ],
    sql` and `,
  );
  const parts = placesOf(filter).map(
    (place) => sql`select * from (
      select id, created_at, case when ${matches} then 1 else 0 end as matches from conversation
      where ${range} and ${place} order by created_at desc, id desc limit ${sql.lit(limit)}) as part`,
  );
  if (parts.length === 0) return [];
  const { rows } = await sql<{ id: string; created_at: number; matches: number }>`
    select * from (${sql.join(parts, sql` union all `)}) as looked
    order by created_at desc, id desc limit ${sql.lit(limit)}`.execute(db);
  return rows.map((row) => ({ id: row.id, createdAt: row.created_at, matches: row.matches === 1 }));
}

/** The parts of the indexes that hold what may be found: those of the end users, else of the environments. */
function placesOf({ environment, endUsers }: ConversationFilter): RawBuilder<unknown>[] {
  const isAsked = (one: Environment): boolean => environment === undefined || one === environment;
  if (endUsers === undefined) return environments.filter(isAsked).map((one) => sql`environment = ${one}`);
  return endUsers
    .filter((user) => isAsked(user.environment))
    .map((user) => sql`end_user_id = ${user.id} and environment = ${user.environment}`);
}

/** Tokens of a generation, out of the JSON that tells of them; null where none does. */
function tokensOf(engine: StoreEngine): RawBuilder<number | null> {
  return engine === 'sqlite'
    ? sql`json_extract(usage, '$.total_tokens')`
    : sql`(usage::jsonb ->> 'total_tokens')::bigint`;
}

/** In the order of the ids, without those that are gone. */
async function summarize(
  db: Database,
  engine: StoreEngine,
  { organizationId }: OrganizationScope,
  ids: readonly string[],
): Promise<ConversationSummary[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('conversation')
    .leftJoin('end_user', 'end_user.id', 'conversation.end_user_id')
    .selectAll('conversation')
    .select(['end_user.external_id', newestStatus(ofConversation).as('status')])
    .select((eb) =>
      eb
        .selectFrom('session')
        .select((count) => count.fn.countAll<number>().as('sessions'))
        .whereRef('session.conversation_id', '=', 'conversation.id')
        .as('sessions'),
    )
    .where(isAmong(engine, 'conversation.id', ids))
    .where('conversation.organization_id', '=', organizationId)
    .execute();
  const spent = await db
    .selectFrom('generation')
    .select((eb) => [
      'conversation_id',
      eb.fn.countAll<number>().as('generations'),
      eb.fn.sum<number>('cost').as('cost'),
      eb.fn.sum<number>(tokensOf(engine)).as('tokens'),
    ])
    .where(isAmong(engine, 'conversation_id', ids))
    .groupBy('conversation_id')
    .execute();
  const spentBy = new Map(spent.map((row) => [row.conversation_id, row]));
  const newest = await db
    .selectFrom('generation')
    .select(['conversation_id', 'model_name', 'persona_id', 'persona_version'])
    .where(
      'id',
      'in',
      sql<string>`(select (select generation.id from generation where ${ofConversation}
        order by generation.created_at desc, generation.id desc limit 1)
        from conversation where ${isAmong(engine, 'conversation.id', ids)})`,
    )
    .execute();
  const newestBy = new Map(newest.map((row) => [row.conversation_id, row]));
  const summaries = new Map<string, ConversationSummary>();
  for (const row of rows) {
    const { generations = 0, cost = null, tokens = null } = spentBy.get(row.id) ?? {};
    const {
      model_name: modelName = null,
      persona_id: id,
      persona_version: version,
    } = newestBy.get(row.id) ?? {};
    summaries.set(row.id, {
      ...toConversation(row),
      userId: row.external_id,
      messages: row.next_position - row.deleted_messages,
      sessions: row.sessions ?? 0,
      generations,
      totalTokens: Number(tokens ?? 0),
      modelName,
      persona: id == null || version == null ? null : { id, version },
      status: row.status,
      // A sum of binary fractions, as the costs of generations are kept.
      cost: cost === null ? null : fromBillionths(toBillionths(cost)),
    });
  }
  return ids.flatMap((id) => summaries.get(id) ?? []);
}
