/** Who made something: how it is stored, and the names, as they are now. Who is gone has none. */
import { sql } from 'kysely';
import type { Creator, NamedCreator, OrganizationScope } from '../../domain/scope.ts';
import type { CreatorColumns, Database } from '../tables.ts';

export function creatorColumns(creator: Creator | null | undefined): CreatorColumns {
  return { created_by_kind: creator?.kind ?? null, created_by_id: creator?.id ?? null };
}

export function toCreator({ created_by_kind: kind, created_by_id: id }: CreatorColumns): Creator | null {
  return kind && { kind, id };
}

/** A function that names a creator of this organization. Three queries at most, however many there are. */
export async function nameCreators(
  db: Database,
  { organizationId }: OrganizationScope,
  creators: readonly (Creator | null)[],
): Promise<(creator: Creator | null) => NamedCreator | null> {
  const names = new Map<string, string>();
  for (const [kind, table, column] of [
    ['member', 'member', 'name'],
    ['key', 'api_key', 'name'],
    ['end-user', 'end_user', 'external_id'],
  ] as const) {
    const ids = creators.flatMap((one) => (one?.kind === kind && one.id !== null ? [one.id] : []));
    if (ids.length === 0) continue;
    const rows = await sql<{
      id: string;
      name: string;
    }>`select id, ${sql.ref(column)} as name from ${sql.table(table)}
      where organization_id = ${organizationId} and id in (${sql.join([...new Set(ids)])})`.execute(db);
    for (const { id, name } of rows.rows) names.set(`${kind}:${id}`, name);
  }
  return (creator) => creator && { ...creator, name: names.get(`${creator.kind}:${creator.id}`) ?? null };
}
