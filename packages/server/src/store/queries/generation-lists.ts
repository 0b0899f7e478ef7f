/** Lists the generations of an organization, newest first. */
import { type SelectQueryBuilder, sql } from 'kysely';
import type { GenerationRecord, GenerationStatus } from '../../domain/generation.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { Database, GenerationRow, Tables } from '../tables.ts';
import { toGeneration } from './generations.ts';

/** What is absent is not looked at. */
export interface GenerationFilter {
  readonly status?: GenerationStatus | undefined;
  readonly modelId?: string | undefined;
  readonly personaId?: number | undefined;
  readonly apiKeyId?: string | undefined;
  /** End users of the organization: those of one external id. */
  readonly endUserIds?: readonly string[] | undefined;
  /** Epoch milliseconds, inclusive. */
  readonly from?: number | undefined;
  /** Epoch milliseconds, exclusive. */
  readonly to?: number | undefined;
}

/** A place in the list: behind the generation of this id, which was made at this time. */
export interface GenerationPlace {
  readonly createdAt: number;
  readonly id: string;
}

export interface GenerationPage {
  readonly data: readonly GenerationRecord[];
  /** Where the next page begins; null if there is none. A page may hold fewer than were asked for, and be not the last. */
  readonly next: GenerationPlace | null;
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
  page: { readonly limit: number; readonly after?: GenerationPlace | undefined },
): Promise<GenerationPage> {
  const lookedAt = newest(inRange(db, scope, filter, page.after)).limit(mostLookedAt);
  let query = db.selectFrom(lookedAt.as('generation')).selectAll() as unknown as Query;
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.modelId !== undefined) query = query.where('model_id', '=', filter.modelId);
  if (filter.personaId !== undefined) query = query.where('persona_id', '=', filter.personaId);
  if (filter.apiKeyId !== undefined) query = query.where('api_key_id', '=', filter.apiKeyId);
  const rows = await newest(query)
    .limit(page.limit + 1)
    .execute();
  const data = rows.slice(0, page.limit).map(toGeneration);
  const last = data.at(-1);
  if (rows.length > page.limit && last !== undefined) return { data, next: placeOf(last) };
  const [end] = await newest(inRange(db, scope, filter, page.after))
    .offset(mostLookedAt - 1)
    .limit(1)
    .execute();
  return { data, next: end === undefined ? null : placeOf(toGeneration(end)) };
}

function placeOf({ createdAt, id }: GenerationRecord): GenerationPlace {
  return { createdAt, id };
}

/** What an index finds. */
function inRange(
  db: Database,
  { organizationId }: OrganizationScope,
  { status, endUserIds, from, to }: GenerationFilter,
  after: GenerationPlace | undefined,
): Query {
  let query = db.selectFrom('generation').selectAll().where('organization_id', '=', organizationId);
  if (from !== undefined) query = query.where('created_at', '>=', from);
  if (to !== undefined) query = query.where('created_at', '<', to);
  if (endUserIds !== undefined) query = query.where('end_user_id', 'in', [...endUserIds]);
  if (status !== undefined && failures.includes(status)) {
    query = query.where('status', 'in', [
      sql.lit<GenerationStatus>('failed'),
      sql.lit<GenerationStatus>('interrupted'),
    ]);
  }
  if (after !== undefined) {
    const { createdAt, id } = after;
    query = query
      .where('created_at', '<=', createdAt)
      .where((eb) => eb.or([eb('created_at', '<', createdAt), eb('id', '<', id)]));
  }
  return query;
}

function newest(query: Query): Query {
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc');
}
