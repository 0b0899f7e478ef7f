/** Reads the basis of a turn, a revision and its model, in one statement with the session or persona that names it. */
import { type RawBuilder, sql } from 'kysely';
import type { ModelRecord } from '../../domain/model.ts';
import type { PersonaRecord, PersonaRevision } from '../../domain/persona.ts';
import type { OrganizationScope, Scope } from '../../domain/scope.ts';
import type { SessionRecord } from '../../domain/session.ts';
import { remembered, statement } from '../statement.ts';
import type { Database, ModelTable, PersonaVersionTable, SessionTable } from '../tables.ts';
import { isKept } from './ephemeral.ts';
import { toModel } from './models.ts';
import { maxPersonaId, type PersonaRow, toPersona, toRevision } from './personas.ts';
import { isInScope } from './scope.ts';
import { toSession } from './sessions.ts';

export interface RunBasis {
  /** Undefined if there is no such revision, or if the turn runs on a model without a persona. */
  readonly revision: PersonaRevision | undefined;
  /** Undefined if the model was deleted. */
  readonly model: ModelRecord | undefined;
}

const revisionColumns = [
  'persona_id',
  'version',
  'system_prompt',
  'model_id',
  'temperature',
  'top_p',
  'max_tokens',
  'stop',
  'seed',
  'internet',
  'created_at',
  'submitted_at',
  'fallbacks',
] as const satisfies readonly (keyof PersonaVersionTable)[];

const modelColumns = [
  'id',
  'organization_id',
  'name',
  'provider',
  'model',
  'base_url',
  'api_key_encrypted',
  'api_key_env',
  'context_window',
  'max_output_tokens',
  'price_input',
  'price_output',
  'is_active',
  'can_continue',
  'from_environment',
  'left_environment',
  'created_at',
  'updated_at',
  'preset',
  'headers',
  'query',
  'extra_body',
  'token_field',
  'system_role',
  'greeting_role',
  'think_tags',
  'stream',
  'timeouts',
  'max_retries',
  'fallbacks',
  'context_window_source',
  'learnt_context_window',
  'refused_parameters',
  'learnt_prompts',
  'learnt_at',
  'address_is_guarded',
] as const satisfies readonly (keyof ModelTable)[];

/** Columns of the joined tables, each prefixed with its table's name; all null if no row was joined. */
type BasisColumns = { readonly [column: `revision__${string}` | `model__${string}`]: unknown };

const basisColumns: RawBuilder<unknown> = sql.join([
  ...revisionColumns.map((column) => sql`revision.${sql.ref(column)} as ${sql.ref(`revision__${column}`)}`),
  ...modelColumns.map((column) => sql`model.${sql.ref(column)} as ${sql.ref(`model__${column}`)}`),
]);

function toBasis(row: BasisColumns): RunBasis {
  const pick = (prefix: 'revision' | 'model', columns: readonly string[]): unknown =>
    Object.fromEntries(columns.map((column) => [column, row[`${prefix}__${column}`]]));
  const hasRevision = row.revision__persona_id !== null;
  const hasModel = row.model__id !== null;
  return {
    revision: hasRevision ? toRevision(pick('revision', revisionColumns) as PersonaVersionTable) : undefined,
    model: hasModel ? toModel(pick('model', modelColumns) as ModelTable) : undefined,
  };
}

const ofRevision = statement<{ organization_id: string; id: number; version: number }, BasisColumns>(
  (_db, param) => sql`select ${basisColumns}
    from persona_version revision
    join persona on persona.id = revision.persona_id
    left join model on model.id = revision.model_id and model.organization_id = persona.organization_id
    where revision.persona_id = ${param('id')} and revision.version = ${param('version')}
      and persona.organization_id = ${param('organization_id')}`,
);

export function findRevisionBasis(
  db: Database,
  { organizationId }: OrganizationScope,
  personaId: number,
  version: number,
): Promise<RunBasis | undefined> {
  return remembered(db, `basis ${organizationId} ${personaId} ${version}`, async () => {
    const [row] = await ofRevision(db, { organization_id: organizationId, id: personaId, version });
    return row && toBasis(row);
  });
}

function ofPersona<K extends 'id' | 'alias'>(key: K, versionColumn: 'active_version' | 'next_version') {
  type Args = { organization_id: string; value: K extends 'id' ? number : string };
  return statement<Args, PersonaRow & BasisColumns>(
    (_db, param) => sql`select persona.*, ${basisColumns}
      from persona
      left join persona_version revision
        on revision.persona_id = persona.id and revision.version = persona.${sql.ref(versionColumn)}
      left join model on model.id = revision.model_id and model.organization_id = persona.organization_id
      where persona.organization_id = ${param('organization_id')}
        and persona.${sql.ref(key)} = ${param('value')}`,
  );
}

const byId = { active: ofPersona('id', 'active_version'), next: ofPersona('id', 'next_version') };
const byAlias = { active: ofPersona('alias', 'active_version'), next: ofPersona('alias', 'next_version') };

export interface PersonaWithBasis {
  readonly persona: PersonaRecord;
  /** Basis of the requested version; its revision is undefined if the persona has no such version. */
  readonly basis: RunBasis;
}

export function findPersonaBasis(
  db: Database,
  { organizationId }: OrganizationScope,
  selector: { readonly id: number } | { readonly alias: string },
  version: 'active' | 'next',
): Promise<PersonaWithBasis | undefined> {
  const named = 'alias' in selector ? `alias ${selector.alias}` : `id ${selector.id}`;
  return remembered(db, `persona ${organizationId} ${version} ${named}`, async () => {
    let row: (PersonaRow & BasisColumns) | undefined;
    if ('alias' in selector) {
      [row] = await byAlias[version](db, { organization_id: organizationId, value: selector.alias });
    } else if (Number.isInteger(selector.id) && Math.abs(selector.id) <= maxPersonaId) {
      [row] = await byId[version](db, { organization_id: organizationId, value: selector.id });
    }
    return row && { persona: toPersona(row), basis: toBasis(row) };
  });
}

/** The turns that wait in a session that is open. The condition on both states lets an index find them. */
const waitingTurns = sql`(
  select count(case when generation.status = 'queued' then 1 end) from generation
  where generation.session_id = session.id and generation.status in ('queued', 'running')
    and session.status <> 'completed')`;

type SessionRow = SessionTable & BasisColumns & { readonly waiting_turns: number | string };

const ofSession = statement<{ id: string }, SessionRow>(
  (_db, param) => sql`select session.*, ${waitingTurns} as waiting_turns, ${basisColumns}
    from session
    left join persona on persona.id = session.persona_id and persona.organization_id = session.organization_id
    left join persona_version revision
      on revision.persona_id = persona.id and revision.version = session.persona_version
    left join model
      on model.id = coalesce(revision.model_id, session.model_id)
      and model.organization_id = session.organization_id
    where session.id = ${param('id')} and ${isKept('session.conversation_id')}`,
);

export interface SessionWithBasis {
  readonly session: SessionRecord;
  /** How many turns wait in it; none where it is completed. */
  readonly waitingTurns: number;
  readonly basis: RunBasis;
}

export async function findSessionBasis(
  db: Database,
  scope: Scope,
  id: string,
): Promise<SessionWithBasis | undefined> {
  const [row] = await ofSession(db, { id: id.toLowerCase() });
  return row !== undefined && isInScope(row, scope)
    ? { session: toSession(row), waitingTurns: Number(row.waiting_turns), basis: toBasis(row) }
    : undefined;
}
