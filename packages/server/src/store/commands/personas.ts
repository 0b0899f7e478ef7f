/** Personas and their versions, which are drafts (`next`), submitted (`active`) or past. */
import { AppError, invalid, notFound } from '../../domain/errors.ts';
import type { Creator } from '../../domain/scope.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import { creatorColumns } from '../queries/creators.ts';
import type { PersonaTable, PersonaVersionTable } from '../tables.ts';
import { checkFallbacks } from './fallbacks.ts';
import { lockModel } from './organizations.ts';

type PersonaRow = Omit<PersonaTable, 'id'> & { id: number };

interface PersonaReference {
  readonly organizationId: string;
  readonly id: number;
}

function aliasTaken(alias: string): AppError {
  return new AppError('conflict', `alias: the organization has a persona ${alias} already`, {
    field: 'alias',
  });
}

export interface CreatePersona {
  readonly organizationId: string;
  readonly name: string;
  readonly alias: string;
  readonly description: string | null;
  readonly now: number;
}

/** @throws AppError conflict (alias) */
export async function createPersona(
  context: CommandContext,
  args: CreatePersona,
): Promise<{ readonly id: number }> {
  const [made] = await context.db
    .insertInto('persona')
    .values({
      organization_id: args.organizationId,
      name: args.name,
      alias: args.alias,
      description: args.description,
      active_version: null,
      next_version: null,
      last_version: 0,
      follows_environment: 0,
      created_at: args.now,
      updated_at: args.now,
    })
    .onConflict((conflict) => conflict.columns(['organization_id', 'alias']).doNothing())
    .returning('id')
    .execute();
  if (made === undefined) throw aliasTaken(args.alias);
  return { id: made.id };
}

export interface UpdatePersona extends PersonaReference {
  readonly changes: {
    readonly name?: string;
    readonly alias?: string;
    readonly description?: string | null;
  };
  readonly now: number;
}

/** @throws AppError not_found, conflict (alias) */
export async function updatePersona(context: CommandContext, args: UpdatePersona): Promise<null> {
  const { db } = context;
  await lock(context, args);
  if (Object.keys(args.changes).length === 0) return null;
  const { alias } = args.changes;
  if (alias !== undefined) {
    const other = await db
      .selectFrom('persona')
      .select('id')
      .where('organization_id', '=', args.organizationId)
      .where('alias', '=', alias)
      .where('id', '!=', args.id)
      .executeTakeFirst();
    if (other !== undefined) throw aliasTaken(alias);
  }
  await change(context, args.id, args.now, args.changes);
  return null;
}

/** @throws AppError not_found, in_use */
export async function deletePersona(context: CommandContext, args: PersonaReference): Promise<null> {
  const { db } = context;
  await lock(context, args);
  const keys = await db
    .selectFrom('api_key')
    .select(['name', 'prefix'])
    .where('organization_id', '=', args.organizationId)
    .where('default_persona_id', '=', args.id)
    .where('revoked_at', 'is', null)
    .orderBy('id')
    .execute();
  if (keys.length > 0) throw inUse('the default of', keys);
  await checkIsNotNamed(context, args);
  await db.deleteFrom('persona').where('id', '=', args.id).execute();
  return null;
}

/** Dropped from the list of a key, its last persona would open all others to it. @throws AppError in_use */
async function checkIsNotNamed({ db }: CommandContext, args: PersonaReference): Promise<void> {
  const rows = await db
    .selectFrom('api_key')
    .select(['name', 'prefix', 'personas'])
    .where('organization_id', '=', args.organizationId)
    .where('personas', 'is not', null)
    .where('revoked_at', 'is', null)
    .orderBy('id')
    .execute();
  const keys = rows.filter(({ personas }) => (JSON.parse(personas ?? '[]') as number[]).includes(args.id));
  if (keys.length > 0) throw inUse('named by', keys);
}

function inUse(how: string, keys: readonly { readonly name: string; readonly prefix: string }[]): AppError {
  const names = keys.map((key) => `${key.name} (${key.prefix}…)`).join(', ');
  return new AppError('in_use', `the persona is ${how} the key${keys.length > 1 ? 's' : ''} ${names}`);
}

/** The settings of a new version; null leaves a parameter to the provider. */
export interface NewRevision {
  readonly systemPrompt: string;
  readonly modelId: string;
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly maxTokens: number | null;
  readonly stop: readonly string[] | null;
  readonly seed: number | null;
  readonly internet: boolean;
  readonly fallbacks: readonly string[];
  /** What its author says of it. Default: null. */
  readonly note?: string | null;
  /** What its users read before they write. Default: nothing. */
  readonly greeting?: string | null;
  readonly suggestions?: readonly string[];
  /** Whether end users read its reasoning. Default: false. */
  readonly showReasoning?: boolean;
}

type RevisionColumns = Omit<PersonaVersionTable, 'persona_id' | 'version' | 'created_at' | 'submitted_at'>;

export function toColumns(revision: NewRevision, createdBy: Creator | undefined): RevisionColumns {
  const { note = null, greeting = null, suggestions = [], showReasoning = false } = revision;
  return {
    system_prompt: revision.systemPrompt,
    model_id: revision.modelId,
    temperature: revision.temperature,
    top_p: revision.topP,
    max_tokens: revision.maxTokens,
    stop: revision.stop === null ? null : JSON.stringify(revision.stop),
    seed: revision.seed,
    internet: revision.internet ? 1 : 0,
    fallbacks: revision.fallbacks.length === 0 ? null : JSON.stringify(revision.fallbacks),
    note,
    greeting,
    suggestions: suggestions.length === 0 ? null : JSON.stringify(suggestions),
    show_reasoning: showReasoning ? 1 : null,
    ...creatorColumns(createdBy),
  };
}

export interface PutNextVersion extends PersonaReference {
  readonly revision: NewRevision;
  /** Default: nobody that is known. */
  readonly createdBy?: Creator;
  readonly now: number;
}

/** Creates the draft; an earlier draft stays in the history. @throws AppError not_found, invalid_request */
export async function putNextVersion(
  context: CommandContext,
  args: PutNextVersion,
): Promise<{ readonly version: number }> {
  const { modelId, fallbacks } = args.revision;
  await lockModel(context, args.organizationId, modelId, 'model_id');
  await checkFallbacks(context, args.organizationId, modelId, fallbacks);
  const persona = await lock(context, args);
  const version = await addVersion(
    context,
    persona,
    toColumns(args.revision, args.createdBy),
    null,
    args.now,
  );
  await change(context, args.id, args.now, { last_version: version, next_version: version });
  return { version };
}

/** @throws AppError not_found, conflict (there is no draft) */
export async function submitPersona(
  context: CommandContext,
  args: PersonaReference & { readonly now: number },
): Promise<{ readonly version: number }> {
  const persona = await lock(context, args);
  const version = persona.next_version;
  if (version === null)
    throw new AppError('conflict', 'the persona has no draft; create one with PUT …/next');
  await context.db
    .updateTable('persona_version')
    .set({ submitted_at: args.now })
    .where('persona_id', '=', args.id)
    .where('version', '=', version)
    .execute();
  await change(context, args.id, args.now, { active_version: version, next_version: null });
  return { version };
}

/**
 * Makes an earlier version active again; the draft stays.
 * @throws AppError not_found, invalid_request (never submitted), model_unavailable (its model was deleted)
 */
export async function rollbackPersona(
  context: CommandContext,
  args: PersonaReference & { readonly version: number; readonly now: number },
): Promise<null> {
  await lock(context, args);
  const version = await context.db
    .selectFrom('persona_version')
    .select(['model_id', 'submitted_at'])
    .where('persona_id', '=', args.id)
    .where('version', '=', args.version)
    .executeTakeFirst();
  if (version === undefined) throw notFound(`version ${args.version} of the persona`);
  if (version.submitted_at === null) {
    throw invalid('version', `version: version ${args.version} was never submitted`);
  }
  const query = context.db
    .selectFrom('model')
    .select('id')
    .where('id', '=', version.model_id)
    .where('organization_id', '=', args.organizationId);
  if ((await forUpdate(context, query).executeTakeFirst()) === undefined) {
    throw new AppError('model_unavailable', `the model of version ${args.version} was deleted`);
  }
  await change(context, args.id, args.now, { active_version: args.version });
  return null;
}

/** Appends a version to a persona whose row is locked; the caller moves the persona to it. */
export async function addVersion(
  context: CommandContext,
  persona: Pick<PersonaRow, 'id' | 'last_version'>,
  revision: RevisionColumns,
  submittedAt: number | null,
  now: number,
): Promise<number> {
  const version = persona.last_version + 1;
  await context.db
    .insertInto('persona_version')
    .values({
      ...revision,
      persona_id: persona.id,
      version,
      created_at: now,
      submitted_at: submittedAt,
    })
    .execute();
  return version;
}

/** Makes an administrator's change, after which the persona does not follow the environment any more. */
async function change(
  context: CommandContext,
  id: number,
  now: number,
  changes: Partial<Omit<PersonaTable, 'id'>>,
): Promise<void> {
  await context.db
    .updateTable('persona')
    .set({ ...changes, follows_environment: 0, updated_at: now })
    .where('id', '=', id)
    .execute();
}

async function lock(context: CommandContext, args: PersonaReference): Promise<PersonaRow> {
  const query = context.db
    .selectFrom('persona')
    .selectAll()
    .where('id', '=', args.id)
    .where('organization_id', '=', args.organizationId);
  const row = await forUpdate(context, query).executeTakeFirst();
  if (row === undefined) throw notFound('persona');
  return row;
}
