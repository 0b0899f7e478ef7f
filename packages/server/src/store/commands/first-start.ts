/** Creates what the first call needs to be answered, and follows changes of the environment at later starts. */
import { type CommandContext, forUpdate } from '../command-context.ts';
import { defaultOrganizationSetting } from '../queries/organizations.ts';
import { createApiKey } from './api-keys.ts';
import { type EnvironmentEntry, type OfferedModel, storeEnvironmentModels } from './environment-models.ts';
import { addVersion } from './personas.ts';

export interface FirstStart {
  /** Id that the organization gets if it is new. */
  readonly organizationId: string;
  /** The models that the environment offers, the best first; at least one. */
  readonly models: readonly EnvironmentEntry[];
  readonly personaSystemPrompt: string;
  /** Id that the key gets if the organization is new. */
  readonly keyId: string;
  readonly keyHash: string;
  readonly keyPrefix: string;
  readonly now: number;
}

export interface FirstStartResult {
  /** Whether this call made the organization. */
  readonly isNew: boolean;
  readonly organizationId: string;
  /** Id of the key with `keyHash` if it is not revoked, else null. */
  readonly keyId: string | null;
}

/** Creates organization `default` with persona `assistant` and a key, once, even if several servers start together. */
export async function firstStart(context: CommandContext, args: FirstStart): Promise<FirstStartResult> {
  const { db } = context;
  await db
    .insertInto('setting')
    .values({ name: defaultOrganizationSetting, value: args.organizationId })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const { value: organizationId } = await forUpdate(
    context,
    db.selectFrom('setting').select('value').where('name', '=', defaultOrganizationSetting),
  ).executeTakeFirstOrThrow();
  const existing = await db
    .selectFrom('organization')
    .select('id')
    .where('id', '=', organizationId)
    .executeTakeFirst();
  if (existing !== undefined) {
    return { isNew: false, organizationId, keyId: await livingKey(context, args) };
  }
  await makeOrganization(context, organizationId, args);
  return { isNew: true, organizationId, keyId: args.keyId };
}

async function livingKey(context: CommandContext, args: FirstStart): Promise<string | null> {
  const key = await context.db
    .selectFrom('api_key')
    .select('id')
    .where('hash', '=', args.keyHash)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', args.now)]))
    .executeTakeFirst();
  return key?.id ?? null;
}

async function makeOrganization(
  context: CommandContext,
  organizationId: string,
  args: FirstStart,
): Promise<void> {
  const { db } = context;
  const { now } = args;
  await db
    .insertInto('organization')
    .values({
      id: organizationId,
      name: 'default',
      default_model_id: null,
      default_model_follows: 1,
      created_at: now,
      updated_at: now,
    })
    .execute();
  const [best] = await storeEnvironmentModels(context, organizationId, args.models, now);
  if (best === undefined) throw new Error('the first start needs a model');
  await db
    .updateTable('organization')
    .set({ default_model_id: best.id })
    .where('id', '=', organizationId)
    .execute();
  const persona = await db
    .insertInto('persona')
    .values({
      organization_id: organizationId,
      name: 'Assistant',
      alias: 'assistant',
      description: null,
      active_version: null,
      next_version: null,
      last_version: 0,
      follows_environment: 1,
      created_at: now,
      updated_at: now,
    })
    .returning(['id', 'last_version'])
    .executeTakeFirstOrThrow();
  const revision = {
    system_prompt: args.personaSystemPrompt,
    model_id: best.id,
    temperature: null,
    top_p: null,
    max_tokens: null,
    stop: null,
    seed: null,
    internet: 0 as const,
    fallbacks: null,
    note: null,
    greeting: null,
    suggestions: null,
    show_reasoning: null,
    created_by_kind: null,
    created_by_id: null,
  };
  const version = await addVersion(context, persona, revision, now, now);
  await db
    .updateTable('persona')
    .set({ active_version: version, last_version: version })
    .where('id', '=', persona.id)
    .execute();
  await createApiKey(context, {
    id: args.keyId,
    organizationId,
    name: 'first key',
    type: 'prod',
    prefix: args.keyPrefix,
    hash: args.keyHash,
    defaultPersonaId: persona.id,
    limits: {},
    endUserLimits: {},
    allowedOrigins: null,
    expiresAt: null,
    now,
  });
}

export interface FollowEnvironment {
  /** The models that the environment offers now, the best first. */
  readonly models: readonly EnvironmentEntry[];
  readonly now: number;
}

export interface FollowedEnvironment {
  /** Null if there is no organization `default`. */
  readonly organizationId: string | null;
  /** The offered models as stored, in the order they came; an administrator may have switched some off. */
  readonly models: readonly OfferedModel[];
  /** Whether `assistant` got a revision on another model. */
  readonly personaMoved: boolean;
}

/** Brings the models of organization `default` to those that the environment offers at this start. */
export async function followEnvironment(
  context: CommandContext,
  args: FollowEnvironment,
): Promise<FollowedEnvironment> {
  const { db } = context;
  const query = db
    .selectFrom('organization')
    .select(['id', 'default_model_id', 'default_model_follows'])
    .where('id', '=', (eb) =>
      eb.selectFrom('setting').select('value').where('name', '=', defaultOrganizationSetting),
    );
  const organization = await forUpdate(context, query).executeTakeFirst();
  if (organization === undefined) return { organizationId: null, models: [], personaMoved: false };
  const organizationId = organization.id;
  const models = await storeEnvironmentModels(context, organizationId, args.models, args.now);
  const best = models.find((model) => model.isActive);
  if (best === undefined) return { organizationId, models, personaMoved: false };
  if (organization.default_model_follows === 1 && organization.default_model_id !== best.id) {
    await db
      .updateTable('organization')
      .set({ default_model_id: best.id, updated_at: args.now })
      .where('id', '=', organizationId)
      .execute();
  }
  const personaMoved = await movePersonas(context, organizationId, best.id, args.now);
  return { organizationId, models, personaMoved };
}

async function movePersonas(
  context: CommandContext,
  organizationId: string,
  modelId: string,
  now: number,
): Promise<boolean> {
  const { db } = context;
  const query = db
    .selectFrom('persona')
    .select(['id', 'active_version', 'last_version'])
    .where('organization_id', '=', organizationId)
    .where('follows_environment', '=', 1);
  let moved = false;
  for (const persona of await forUpdate(context, query).execute()) {
    if (persona.active_version === null) continue;
    const active = await db
      .selectFrom('persona_version')
      .selectAll()
      .where('persona_id', '=', persona.id)
      .where('version', '=', persona.active_version)
      .executeTakeFirstOrThrow();
    if (active.model_id === modelId) continue;
    const { persona_id, version: _, created_at, submitted_at, ...revision } = active;
    const version = await addVersion(context, persona, { ...revision, model_id: modelId }, now, now);
    await db
      .updateTable('persona')
      .set({ active_version: version, last_version: version, updated_at: now })
      .where('id', '=', persona_id)
      .execute();
    moved = true;
  }
  return moved;
}
