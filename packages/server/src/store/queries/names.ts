/** The names of what an organization has, as they are now. */
import { sql } from 'kysely';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { Database } from '../tables.ts';

/** Ids that are looked up at once. */
const idsAtOnce = 2000;

/** Where the name of each kind is; an end user's is its `user_id`. */
const places = {
  model: ['model', 'name'],
  persona: ['persona', 'name'],
  key: ['api_key', 'name'],
  member: ['member', 'name'],
  user: ['end_user', 'external_id'],
} as const;

export type NamedKind = keyof typeof places;

/** The names of the models, personas, keys, members or end users with these ids; those that were deleted have none. */
export async function findNames(
  db: Database,
  { organizationId }: OrganizationScope,
  kind: NamedKind,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const [table, column] = places[kind];
  const wanted = kind === 'persona' ? ids.map(Number) : ids;
  const names = new Map<string, string>();
  for (let start = 0; start < wanted.length; start += idsAtOnce) {
    const { rows } = await sql<{ id: string | number; name: string }>`
      select id, ${sql.ref(column)} as name from ${sql.table(table)}
      where organization_id = ${organizationId} and id in (${sql.join(wanted.slice(start, start + idsAtOnce))})`.execute(
      db,
    );
    for (const { id, name } of rows) names.set(String(id), name);
  }
  return names;
}
