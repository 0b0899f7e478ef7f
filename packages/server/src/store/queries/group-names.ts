/** The names of what usage reports group by. */
import type { OrganizationScope } from '../../domain/scope.ts';
import type { Database } from '../tables.ts';

/** Ids that are looked up at once. */
const pageSize = 2000;

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
