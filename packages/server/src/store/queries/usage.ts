/** Reads an organization's model calls, for usage reports. */

import type { Environment, OrganizationScope } from '../../domain/scope.ts';
import type { ModelCall } from '../../domain/usage.ts';
import type { Database } from '../tables.ts';

export type UsageCall = Omit<ModelCall, 'generationId' | 'organizationId' | 'isFailed'>;

export interface UsageRange {
  /** Start of the range in epoch milliseconds, inclusive. */
  readonly from: number;
  /** End of the range in epoch milliseconds, exclusive. */
  readonly to: number;
  /** Absent for both environments. */
  readonly environment?: Environment | undefined;
}

const pageSize = 2000;

/** The calls of a range, oldest first. Each page is a query of its own, so that other reads run in between. */
export async function* readModelCalls(
  db: Database,
  scope: OrganizationScope,
  range: UsageRange,
): AsyncGenerator<readonly UsageCall[]> {
  let last: { readonly at: number; readonly id: string } | undefined;
  for (;;) {
    const page: UsageCall[] = await pageOfCalls(db, scope, range, last);
    if (page.length > 0) yield page;
    const end = page.at(-1);
    if (end === undefined || page.length < pageSize) return;
    last = { at: end.createdAt, id: end.id };
  }
}

async function pageOfCalls(
  db: Database,
  scope: OrganizationScope,
  range: UsageRange,
  last: { readonly at: number; readonly id: string } | undefined,
): Promise<UsageCall[]> {
  let query = db
    .selectFrom('model_call')
    .select([
      'id',
      'environment',
      'end_user_id as endUserId',
      'api_key_id as apiKeyId',
      'persona_id as personaId',
      'model_id as modelId',
      'purpose',
      'prompt_tokens as promptTokens',
      'completion_tokens as completionTokens',
      'provenance',
      'cost',
      'created_at as createdAt',
      'is_request',
    ])
    .where('organization_id', '=', scope.organizationId)
    .where('created_at', '>=', last?.at ?? range.from)
    .where('created_at', '<', range.to);
  if (range.environment !== undefined) query = query.where('environment', '=', range.environment);
  if (last !== undefined) {
    const { at, id } = last;
    query = query.where((eb) => eb.or([eb('created_at', '>', at), eb('id', '>', id)]));
  }
  const rows = await query.orderBy('created_at').orderBy('id').limit(pageSize).execute();
  return rows.map(({ is_request, ...call }) => ({
    ...call,
    isRequest: is_request === null ? call.purpose === 'answer' : is_request === 1,
  }));
}

export type NamedGroup = 'model' | 'persona' | 'key' | 'user';

/** The names of the models, personas, keys or end users with these ids; those that were deleted have none. */
export async function findGroupNames(
  db: Database,
  scope: OrganizationScope,
  group: NamedGroup,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (let start = 0; start < ids.length; start += pageSize) {
    for (const { id, name } of await readNames(db, scope, group, ids.slice(start, start + pageSize))) {
      names.set(String(id), name);
    }
  }
  return names;
}

async function readNames(
  db: Database,
  { organizationId }: OrganizationScope,
  group: NamedGroup,
  ids: readonly string[],
): Promise<{ id: string | number; name: string }[]> {
  switch (group) {
    case 'user':
      return await db
        .selectFrom('end_user')
        .select(['id', 'external_id as name'])
        .where('organization_id', '=', organizationId)
        .where('id', 'in', [...ids])
        .execute();
    case 'persona':
      return await db
        .selectFrom('persona')
        .select(['id', 'name'])
        .where('organization_id', '=', organizationId)
        .where('id', 'in', ids.map(Number))
        .execute();
    case 'model':
      return await db
        .selectFrom('model')
        .select(['id', 'name'])
        .where('organization_id', '=', organizationId)
        .where('id', 'in', [...ids])
        .execute();
    case 'key':
      return await db
        .selectFrom('api_key')
        .select(['id', 'name'])
        .where('organization_id', '=', organizationId)
        .where('id', 'in', [...ids])
        .execute();
  }
}
