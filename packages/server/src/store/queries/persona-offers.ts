/** The personas of an organization as those see them who may talk to them: without prompts. */
import type { OrganizationScope } from '../../domain/scope.ts';
import type { Database } from '../tables.ts';

export interface PersonaOffer {
  /** Only these personas; null: all. */
  readonly ids: readonly number[] | null;
  /** Whether drafts are offered. */
  readonly hasDrafts: boolean;
}

export interface OfferedVersion {
  readonly version: number;
  readonly modelId: string;
  readonly internet: boolean;
}

export interface OfferedPersona {
  readonly id: number;
  readonly name: string;
  readonly alias: string;
  readonly description: string | null;
  readonly active: OfferedVersion | null;
  readonly next: OfferedVersion | null;
}

/** Those behind one, or the first ones, oldest first. A persona without any version that is offered is left out. */
export async function pageOfferedPersonas(
  db: Database,
  { organizationId }: OrganizationScope,
  { ids, hasDrafts }: PersonaOffer,
  after: Pick<OfferedPersona, 'id'> | undefined,
  limit: number,
): Promise<OfferedPersona[]> {
  if (ids?.length === 0) return [];
  const rows = await db
    .selectFrom('persona')
    .leftJoin('persona_version as active', (join) =>
      join
        .onRef('active.persona_id', '=', 'persona.id')
        .onRef('active.version', '=', 'persona.active_version'),
    )
    .leftJoin('persona_version as next', (join) =>
      join.onRef('next.persona_id', '=', 'persona.id').onRef('next.version', '=', 'persona.next_version'),
    )
    .select(['persona.id', 'persona.name', 'persona.alias', 'persona.description'])
    .select(['active.version', 'active.model_id', 'active.internet'])
    .select([
      'next.version as next_version',
      'next.model_id as next_model_id',
      'next.internet as next_internet',
    ])
    .where('persona.organization_id', '=', organizationId)
    .where('persona.id', '>', after?.id ?? 0)
    .where((eb) =>
      eb.or([
        eb('active.version', 'is not', null),
        ...(hasDrafts ? [eb('next.version', 'is not', null)] : []),
      ]),
    )
    .$if(ids !== null, (query) => query.where('persona.id', 'in', [...(ids ?? [])]))
    .orderBy('persona.id')
    .limit(limit)
    .execute();
  return rows.map(({ id, name, alias, description, ...row }) => ({
    ...{ id, name, alias, description },
    active: toOffered(row.version, row.model_id, row.internet),
    next: hasDrafts ? toOffered(row.next_version, row.next_model_id, row.next_internet) : null,
  }));
}

function toOffered(
  version: number | null,
  modelId: string | null,
  internet: number | null,
): OfferedVersion | null {
  return version === null || modelId === null ? null : { version, modelId, internet: internet === 1 };
}
