/** Who made conversations and generations, as an audience may read it. */
import type { Creator, NamedCreator, OrganizationScope } from '../../domain/scope.ts';
import { nameCreators } from '../../store/queries/creators.ts';
import type { Database } from '../../store/store.ts';
import type { Audience } from './audience.ts';

/** Writes a creator of this organization: end users, and who has no credential, read no names of those who serve them. */
export async function creatorsFor(
  reads: Database,
  scope: OrganizationScope,
  audience: Audience,
  creators: readonly (Creator | null)[],
): Promise<(creator: Creator | null) => NamedCreator | null> {
  const named = await nameCreators(reads, scope, creators);
  return (creator) => {
    const shown = named(creator);
    return shown && audience === 'public' && shown.kind !== 'end-user' ? { ...shown, name: null } : shown;
  };
}
