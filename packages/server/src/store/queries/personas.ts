/** Personas and their immutable revisions. */
import type {
  PersonaRecord,
  PersonaRevision,
  RevisionReference,
  VersionState,
} from '../../domain/persona.ts';
import type { Creator, OrganizationScope } from '../../domain/scope.ts';
import { statement } from '../statement.ts';
import type { Database, PersonaTable, PersonaVersionTable } from '../tables.ts';
import { toCreator } from './creators.ts';
import { type Page, type PageRequest, readFull, readPage, toPage } from './page.ts';

/** The largest id of a persona that both engines can store. */
export const maxPersonaId = 2_147_483_647;

export type PersonaRow = Omit<PersonaTable, 'id'> & { id: number };

/** A revision as the persona's history shows it. */
export interface PersonaVersion {
  readonly revision: PersonaRevision;
  readonly note: string | null;
  readonly greeting: string | null;
  readonly suggestions: readonly string[];
  readonly showReasoning: boolean;
  /** Null for versions of before this was kept, and those that a start has made. */
  readonly createdBy: Creator | null;
  /** `past`: was active, or was a draft that another one replaced. */
  readonly state: VersionState;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly submittedAt: number | null;
}

export function toPersona(row: PersonaRow): PersonaRecord {
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    alias: row.alias,
    description: row.description,
    activeVersion: row.active_version,
    nextVersion: row.next_version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function toRevision(row: PersonaVersionTable): PersonaRevision {
  return {
    personaId: row.persona_id,
    version: row.version,
    systemPrompt: row.system_prompt,
    modelId: row.model_id,
    ...(row.temperature !== null && { temperature: row.temperature }),
    ...(row.top_p !== null && { topP: row.top_p }),
    ...(row.max_tokens !== null && { maxTokens: row.max_tokens }),
    ...(row.stop !== null && { stop: JSON.parse(row.stop) as string[] }),
    ...(row.seed !== null && { seed: row.seed }),
    internet: row.internet === 1,
    fallbacks: row.fallbacks === null ? [] : (JSON.parse(row.fallbacks) as string[]),
  };
}

const byId = statement<{ organization_id: string; id: number }, PersonaRow>((db, param) =>
  db
    .selectFrom('persona')
    .selectAll()
    .where('id', '=', param('id'))
    .where('organization_id', '=', param('organization_id')),
);

const byAlias = statement<{ organization_id: string; alias: string }, PersonaRow>((db, param) =>
  db
    .selectFrom('persona')
    .selectAll()
    .where('organization_id', '=', param('organization_id'))
    .where('alias', '=', param('alias')),
);

const revisionOf = statement<{ organization_id: string; id: number; version: number }, PersonaVersionTable>(
  (db, param) =>
    db
      .selectFrom('persona_version')
      .innerJoin('persona', 'persona.id', 'persona_version.persona_id')
      .selectAll('persona_version')
      .where('persona_version.persona_id', '=', param('id'))
      .where('persona_version.version', '=', param('version'))
      .where('persona.organization_id', '=', param('organization_id')),
);

export async function findPersona(
  db: Database,
  scope: OrganizationScope,
  selector: { readonly id: number } | { readonly alias: string },
): Promise<PersonaRecord | undefined> {
  const organization_id = scope.organizationId;
  if ('alias' in selector) {
    const [row] = await byAlias(db, { organization_id, alias: selector.alias });
    return row && toPersona(row);
  }
  if (!Number.isInteger(selector.id) || Math.abs(selector.id) > maxPersonaId) return undefined;
  const [row] = await byId(db, { organization_id, id: selector.id });
  return row && toPersona(row);
}

export async function findRevision(
  db: Database,
  scope: OrganizationScope,
  personaId: number,
  version: number,
): Promise<PersonaRevision | undefined> {
  const [row] = await revisionOf(db, { organization_id: scope.organizationId, id: personaId, version });
  return row && toRevision(row);
}

/** What a persona tells its users. */
export interface PublicRevision {
  readonly name: string;
  readonly alias: string;
  readonly greeting: string | null;
  readonly suggestions: readonly string[];
  readonly internet: boolean;
  /** Whether end users read its reasoning. */
  readonly showReasoning: boolean;
}

export async function findPublicRevision(
  db: Database,
  scope: OrganizationScope,
  { personaId, version }: RevisionReference,
): Promise<PublicRevision | undefined> {
  const row = await db
    .selectFrom('persona_version')
    .innerJoin('persona', 'persona.id', 'persona_version.persona_id')
    .select(['persona.name', 'persona.alias', 'greeting', 'suggestions', 'internet', 'show_reasoning'])
    .where('persona_version.persona_id', '=', personaId)
    .where('persona_version.version', '=', version)
    .where('persona.organization_id', '=', scope.organizationId)
    .executeTakeFirst();
  return (
    row && {
      name: row.name,
      alias: row.alias,
      greeting: row.greeting,
      suggestions: row.suggestions === null ? [] : (JSON.parse(row.suggestions) as string[]),
      internet: row.internet === 1,
      showReasoning: row.show_reasoning === 1,
    }
  );
}

export async function listPersonas(
  db: Database,
  scope: OrganizationScope,
  page: PageRequest<number>,
): Promise<Page<PersonaRecord, number>> {
  const query = db.selectFrom('persona').selectAll().where('organization_id', '=', scope.organizationId);
  return readPage(query, page, toPersona);
}

/** A persona's history, newest first; pages by version. */
export async function listVersions(
  db: Database,
  scope: OrganizationScope,
  personaId: number,
  page: PageRequest<number>,
): Promise<Page<PersonaVersion, number>> {
  const query = db
    .selectFrom('persona_version')
    .innerJoin('persona', 'persona.id', 'persona_version.persona_id')
    .selectAll('persona_version')
    .select(['persona.active_version', 'persona.next_version'])
    .where('persona.id', '=', personaId)
    .where('persona.organization_id', '=', scope.organizationId)
    .orderBy('persona_version.version', 'desc');
  type Row = Awaited<ReturnType<typeof query.execute>>[number];
  const { rows, hasMore } = await readFull<Row>(page.limit, (last, limit) => {
    const from = last?.version ?? page.after;
    return query
      .$if(from !== undefined, (rest) => rest.where('persona_version.version', '<', from as number))
      .limit(limit)
      .execute();
  });
  return toPage(rows, hasMore, toVersion, (row) => row.version);
}

type VersionRow = PersonaVersionTable & Pick<PersonaTable, 'active_version' | 'next_version'>;

function toVersion(row: VersionRow): PersonaVersion {
  return {
    revision: toRevision(row),
    note: row.note,
    greeting: row.greeting,
    suggestions: row.suggestions === null ? [] : (JSON.parse(row.suggestions) as string[]),
    showReasoning: row.show_reasoning === 1,
    createdBy: toCreator(row),
    state: stateOf(row.version, row.active_version, row.next_version),
    createdAt: row.created_at,
    submittedAt: row.submitted_at,
  };
}

/** A version of a persona, of whatever state. */
export async function findVersion(
  db: Database,
  scope: OrganizationScope,
  { personaId, version }: RevisionReference,
): Promise<PersonaVersion | undefined> {
  const row = await db
    .selectFrom('persona_version')
    .innerJoin('persona', 'persona.id', 'persona_version.persona_id')
    .selectAll('persona_version')
    .select(['persona.active_version', 'persona.next_version'])
    .where('persona.id', '=', personaId)
    .where('persona_version.version', '=', version)
    .where('persona.organization_id', '=', scope.organizationId)
    .executeTakeFirst();
  return row && toVersion(row);
}

function stateOf(version: number, active: number | null, next: number | null): PersonaVersion['state'] {
  if (version === next) return 'next';
  return version === active ? 'active' : 'past';
}
