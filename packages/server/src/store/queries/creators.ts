/** Reads the names of who made something, as they are now: who is gone has none. */
import type { Creator, NamedCreator, OrganizationScope } from '../../domain/scope.ts';
import type { Database } from '../tables.ts';

/** A function that names a creator of this organization. Two queries at most, however many there are. */
export async function nameCreators(
  db: Database,
  { organizationId }: OrganizationScope,
  creators: readonly (Creator | null)[],
): Promise<(creator: Creator | null) => NamedCreator | null> {
  const names = new Map<string, string>();
  for (const [kind, table] of [
    ['member', 'member'],
    ['key', 'api_key'],
  ] as const) {
    const ids = creators.flatMap((one) => (one?.kind === kind && one.id !== null ? [one.id] : []));
    if (ids.length === 0) continue;
    const rows = await db
      .selectFrom(table)
      .select(['id', 'name'])
      .where('organization_id', '=', organizationId)
      .where('id', 'in', [...new Set(ids)])
      .execute();
    for (const { id, name } of rows) names.set(`${kind}:${id}`, name);
  }
  return (creator) => creator && { ...creator, name: names.get(`${creator.kind}:${creator.id}`) ?? null };
}
