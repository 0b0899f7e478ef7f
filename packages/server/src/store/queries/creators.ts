/** Who made something: how it is stored, and the names, as they are now. Who is gone has none. */
import type { Creator, NamedCreator, OrganizationScope } from '../../domain/scope.ts';
import type { CreatorColumns, Database } from '../tables.ts';
import { findNames } from './names.ts';

export function creatorColumns(creator: Creator | null | undefined): CreatorColumns {
  return { created_by_kind: creator?.kind ?? null, created_by_id: creator?.id ?? null };
}

export function toCreator({ created_by_kind: kind, created_by_id: id }: CreatorColumns): Creator | null {
  return kind && { kind, id };
}

/** A function that names a creator of this organization. Three queries at most, however many there are. */
export async function nameCreators(
  db: Database,
  scope: OrganizationScope,
  creators: readonly (Creator | null)[],
): Promise<(creator: Creator | null) => NamedCreator | null> {
  const names = new Map<string, string>();
  for (const [kind, named] of [
    ['member', 'member'],
    ['key', 'key'],
    ['end-user', 'user'],
  ] as const) {
    const ids = creators.flatMap((one) => (one?.kind === kind && one.id !== null ? [one.id] : []));
    const found = await findNames(db, scope, named, [...new Set(ids)]);
    for (const [id, name] of found) names.set(`${kind}:${id}`, name);
  }
  return (creator) => creator && { ...creator, name: names.get(`${creator.kind}:${creator.id}`) ?? null };
}
