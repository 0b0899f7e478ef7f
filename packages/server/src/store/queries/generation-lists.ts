/** Lists the generations of an organization, newest first. */
import { type SelectQueryBuilder, sql } from 'kysely';
import type { GenerationRecord, GenerationStatus } from '../../domain/generation.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { Database, GenerationRow, Tables } from '../tables.ts';
import { isKept } from './ephemeral.ts';
import { toGeneration } from './generations.ts';
import {
  isInRange,
  type TimePage,
  type TimePageRequest,
  type TimePlace,
  type TimeRange,
  toTimePage,
} from './page.ts';

/** What is absent is not looked at. */
export interface GenerationFilter extends TimeRange {
  readonly status?: GenerationStatus | undefined;
  readonly modelId?: string | undefined;
  readonly personaId?: number | undefined;
  readonly apiKeyId?: string | undefined;
  readonly conversationId?: string | undefined;
  /** End users of the organization: those of one external id. */
  readonly endUserIds?: readonly string[] | undefined;
}

/** Generations that a page looks at, at most: whatever the filter is, it does not hold up other reads for long. */
const mostLookedAt = 5000;

/** The statuses that have an index of their own, as it names them. */
const failures: readonly GenerationStatus[] = ['failed', 'interrupted'];

type Query = SelectQueryBuilder<Tables, 'generation', GenerationRow>;

/** Finds a generation of the organization, in either environment. */
export async function findGenerationOf(
  db: Database,
  { organizationId }: OrganizationScope,
  id: string,
): Promise<GenerationRecord | undefined> {
  const row = await db
    .selectFrom('generation')
    .selectAll()
    .where('id', '=', id.toLowerCase())
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
  return row && toGeneration(row);
}

export async function pageGenerations(
  db: Database,
  scope: OrganizationScope,
  filter: GenerationFilter,
  page: TimePageRequest,
): Promise<TimePage<GenerationRecord>> {
  const lookedAt = newest(inRange(db, scope, filter, page.after)).limit(mostLookedAt);
  let query = db.selectFrom(lookedAt.as('generation')).selectAll() as unknown as Query;
  query = query.where(isKept('generation.conversation_id'));
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.modelId !== undefined) query = query.where('model_id', '=', filter.modelId);
  if (filter.personaId !== undefined) query = query.where('persona_id', '=', filter.personaId);
  if (filter.apiKeyId !== undefined) query = query.where('api_key_id', '=', filter.apiKeyId);
  const rows = await newest(query)
    .limit(page.limit + 1)
    .execute();
  return await toTimePage(
    rows.map(toGeneration),
    page.limit,
    ({ createdAt, id }) => ({ createdAt, id }),
    () =>
      newest(inRange(db, scope, filter, page.after))
        .clearSelect()
        .select(['created_at as createdAt', 'id'])
        .offset(mostLookedAt - 1)
        .limit(1)
        .executeTakeFirst(),
  );
}

/** What an index finds. */
function inRange(
  db: Database,
  { organizationId }: OrganizationScope,
  { status, endUserIds, conversationId, ...range }: GenerationFilter,
  after: TimePlace | undefined,
): Query {
  let query = db
    .selectFrom('generation')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where(isInRange(range, after));
  if (conversationId !== undefined) query = query.where('conversation_id', '=', conversationId);
  if (endUserIds !== undefined) query = query.where('end_user_id', 'in', [...endUserIds]);
  if (status !== undefined && failures.includes(status)) {
    query = query.where('status', 'in', [
      sql.lit<GenerationStatus>('failed'),
      sql.lit<GenerationStatus>('interrupted'),
    ]);
  }
  return query;
}

function newest(query: Query): Query {
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc');
}
