/** The end users of an organization, with what they have used, newest first. */
import { sql } from 'kysely';
import type { GenerationStatus } from '../../domain/generation.ts';
import type { Environment, OrganizationScope } from '../../domain/scope.ts';
import { fromBillionths } from '../../domain/usage.ts';
import { isAmong } from '../command-context.ts';
import type { EndUserRecord } from '../queries/end-users.ts';
import { isInRange, type TimePage, type TimePageRequest, type TimePlace } from '../queries/page.ts';
import type { Database, StoreEngine } from '../tables.ts';
import { selectPendingCalls, toCountedCall } from '../usage/calls.ts';
import { countCall, type Figures, figureNames, noFigures } from '../usage/rollup.ts';
import { type ActivityFilter, isFiltering, newestStatus, passes } from './activity.ts';
import { type Looked, pageNewestFirst } from './newest-first.ts';
import { inSnapshot } from './snapshot.ts';

export interface UserFilter extends ActivityFilter {
  readonly environment?: Environment | undefined;
  /** The whole `user_id`. */
  readonly userId?: string | undefined;
  /** A part of the `user_id`, in whatever case. */
  readonly q?: string | undefined;
}

export interface UserList {
  readonly scope: OrganizationScope;
  readonly filter: UserFilter;
  readonly page: TimePageRequest;
}

export interface UserSummary extends EndUserRecord {
  readonly conversations: number;
  /** Of the newest generation; null without one. */
  readonly status: GenerationStatus | null;
  /** When the newest generation was made; null without one. */
  readonly lastActiveAt: number | null;
  readonly requests: number;
  readonly errors: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cost: number;
  readonly unpricedCalls: number;
}

const ofUser = sql`generation.end_user_id = end_user.id`;

export async function listOrganizationUsers(
  db: Database,
  engine: StoreEngine,
  { scope, filter, page }: UserList,
): Promise<TimePage<UserSummary>> {
  const isFiltered = isFiltering(filter) || filter.environment !== undefined || filter.q !== undefined;
  const found = await pageNewestFirst(page, isFiltered, (limit, after) =>
    look(db, scope, filter, limit, after),
  );
  const ids = found.data.map(({ id }) => id);
  const summaries = await inSnapshot(db, engine, (reads) => summarize(reads, engine, scope, ids));
  return { data: summaries, next: found.next };
}

async function look(
  db: Database,
  { organizationId }: OrganizationScope,
  filter: UserFilter,
  limit: number,
  after: TimePlace | undefined,
): Promise<readonly Looked[]> {
  let query = db
    .selectFrom('end_user')
    .select(['id', 'environment', 'external_id', 'created_at'])
    .select(sql<number>`case when ${passes(ofUser, filter)} then 1 else 0 end`.as('passes'))
    .where('organization_id', '=', organizationId)
    .where(isInRange(filter, after));
  if (filter.userId !== undefined) query = query.where('external_id', '=', filter.userId);
  const rows = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
  const part = filter.q?.toLowerCase() ?? '';
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.created_at,
    matches:
      row.passes === 1 &&
      (filter.environment === undefined || row.environment === filter.environment) &&
      row.external_id.toLowerCase().includes(part),
  }));
}

/** In the order of the ids, without those that are gone. */
async function summarize(
  db: Database,
  engine: StoreEngine,
  scope: OrganizationScope,
  ids: readonly string[],
): Promise<UserSummary[]> {
  if (ids.length === 0) return [];
  const { organizationId } = scope;
  const users = await db
    .selectFrom('end_user')
    .select(['id', 'environment', 'external_id', 'created_at', newestStatus(ofUser).as('status')])
    .select(
      sql<number | null>`(select max(generation.created_at) from generation where ${ofUser})`.as(
        'last_active_at',
      ),
    )
    .select((eb) =>
      eb
        .selectFrom('conversation')
        .select((count) => count.fn.countAll<number>().as('conversations'))
        .whereRef('conversation.end_user_id', '=', 'end_user.id')
        .where('conversation.expires_at', 'is', null)
        .as('conversations'),
    )
    .where(isAmong(engine, 'id', ids))
    .where('organization_id', '=', organizationId)
    .execute();
  const used = await readUsed(db, engine, scope, ids);
  const summaries = new Map<string, UserSummary>();
  for (const row of users) {
    const figures = used.get(row.id) ?? noFigures();
    summaries.set(row.id, {
      id: row.id,
      organizationId,
      environment: row.environment,
      externalId: row.external_id,
      createdAt: row.created_at,
      conversations: row.conversations ?? 0,
      status: row.status,
      lastActiveAt: row.last_active_at,
      requests: figures.requests,
      errors: figures.errors,
      promptTokens: figures.prompt_tokens,
      completionTokens: figures.completion_tokens,
      cost: fromBillionths(figures.cost),
      unpricedCalls: figures.unpriced_calls,
    });
  }
  return ids.flatMap((id) => summaries.get(id) ?? []);
}

/** What each end user has used: the rollups, and what they don't hold yet. */
async function readUsed(
  db: Database,
  engine: StoreEngine,
  { organizationId }: OrganizationScope,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Figures>> {
  const used = new Map<string, Figures>();
  const rows = await db
    .selectFrom('usage_rollup')
    .select('end_user_id')
    .select(figureNames.map((name) => sql<number>`sum(cast(${sql.ref(name)} as double precision))`.as(name)))
    .where('organization_id', '=', organizationId)
    .where(isAmong(engine, 'end_user_id', ids))
    .groupBy('end_user_id')
    .execute();
  for (const { end_user_id: id, ...figures } of rows) used.set(id, figures as Figures);
  const pending = await selectPendingCalls(db)
    .where('pending.organization_id', '=', organizationId)
    .where(isAmong(engine, 'call.end_user_id', ids))
    .execute();
  for (const row of pending) {
    const call = toCountedCall(row);
    if (call.endUserId === null) continue;
    const figures = used.get(call.endUserId) ?? noFigures();
    used.set(call.endUserId, figures);
    countCall(figures, call);
  }
  return used;
}
