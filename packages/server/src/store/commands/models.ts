/** Models of organizations. */
import { AppError, notFound } from '../../domain/errors.ts';
import { defaultRequestSettings, type ModelRecord, type RequestSettings } from '../../domain/model.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import { toModel } from '../queries/models.ts';
import type { Flag, ModelTable } from '../tables.ts';
import { nothingLearnt } from './environment-models.ts';
import { checkFallbacks, checkIsNoFallback } from './fallbacks.ts';
import { checkGivenAnew, checkModel } from './model-rules.ts';
import { requirePresentSecret } from './secrets.ts';

/** The fields of a model that an administrator can set. */
export type ModelSettings = Pick<
  ModelRecord,
  | 'name'
  | 'provider'
  | 'preset'
  | 'model'
  | 'baseUrl'
  | 'apiKeyEncrypted'
  | 'apiKeyEnv'
  | 'contextWindow'
  | 'maxOutputTokens'
  | 'prices'
  | 'isActive'
  | 'canContinue'
  | 'fallbacks'
> &
  RequestSettings;

/** What a new model has to have; the rest has defaults. */
export type NewModelSettings = Pick<ModelSettings, 'name' | 'provider' | 'model'> & Partial<ModelSettings>;

const unset: Omit<ModelSettings, 'name' | 'provider' | 'model'> = {
  ...defaultRequestSettings,
  preset: null,
  baseUrl: null,
  apiKeyEncrypted: null,
  apiKeyEnv: null,
  contextWindow: null,
  maxOutputTokens: null,
  prices: null,
  isActive: true,
  canContinue: false,
  fallbacks: [],
};

type Columns = Omit<
  ModelTable,
  'id' | 'organization_id' | 'from_environment' | 'left_environment' | 'created_at' | 'updated_at'
>;

const columnsOf: {
  readonly [Name in keyof ModelSettings]: (value: ModelSettings[Name]) => Partial<Columns>;
} = {
  name: (name) => ({ name }),
  provider: (provider) => ({ provider }),
  preset: (preset) => ({ preset }),
  model: (model) => ({ model }),
  baseUrl: (base_url) => ({ base_url }),
  apiKeyEncrypted: (api_key_encrypted) => ({ api_key_encrypted }),
  apiKeyEnv: (api_key_env) => ({ api_key_env }),
  contextWindow: (context_window) => ({
    context_window,
    context_window_source: context_window === null ? null : 'set',
  }),
  maxOutputTokens: (max_output_tokens) => ({ max_output_tokens }),
  prices: (prices) => ({ price_input: prices?.input ?? null, price_output: prices?.output ?? null }),
  isActive: (isActive) => ({ is_active: isActive ? 1 : 0 }),
  canContinue: (canContinue) => ({ can_continue: canContinue ? 1 : 0 }),
  fallbacks: (fallbacks) => ({ fallbacks: toJson(fallbacks) }),
  sealedHeaders: (headers) => ({ headers: toJson(headers) }),
  sealedQuery: (query) => ({ query: toJson(query) }),
  extraBody: (extraBody) => ({ extra_body: toJson(extraBody) }),
  tokenField: (token_field) => ({ token_field }),
  systemRole: (system_role) => ({ system_role }),
  greetingRole: (greeting_role) => ({ greeting_role }),
  thinkTags: (think_tags) => ({ think_tags }),
  stream: (stream) => ({ stream: stream ? 1 : 0 }),
  timeouts: (timeouts) => ({ timeouts: toJson(timeouts) }),
  maxRetries: (max_retries) => ({ max_retries }),
};

/** Whoever writes another address is answerable for it; the operator is for the same one, too. */
function guardColumns(
  { changes, byOperator }: { readonly changes: Partial<ModelSettings>; readonly byOperator: boolean },
  before?: ModelRecord,
): Partial<Columns> {
  const { baseUrl } = changes;
  if (baseUrl === undefined) return {};
  const isGuarded = !byOperator && baseUrl !== null;
  const stays = isGuarded && before !== undefined && before.baseUrl === baseUrl;
  return stays ? {} : { address_is_guarded: isGuarded ? 1 : 0 };
}

/** The JSON of a list or an object; null of an empty one. */
function toJson(value: object | null): string | null {
  return value === null || Object.keys(value).length === 0 ? null : JSON.stringify(value);
}

function toListed(window: number | undefined): Partial<Columns> {
  if (window === undefined) return { context_window: null, context_window_source: null };
  return { context_window: window, context_window_source: 'listed' };
}

function toColumns(settings: Partial<ModelSettings>): Partial<Columns> {
  const names = Object.keys(settings) as (keyof ModelSettings)[];
  return Object.assign({}, ...names.map((name) => columnsOf[name](settings[name] as never)));
}

export interface CreateModel {
  readonly id: string;
  readonly organizationId: string;
  readonly settings: NewModelSettings;
  /** Where a setting is sealed: the fingerprints of the server's secrets. */
  readonly sealedBy?: readonly string[] | undefined;
  /** Tokens, as the provider's list of models says. */
  readonly listedContextWindow?: number | undefined;
  readonly byOperator: boolean;
  readonly now: number;
}

/** @throws AppError invalid_request, forbidden, conflict */
export async function createModel(
  context: CommandContext,
  args: CreateModel,
): Promise<{ readonly id: string }> {
  const settings: ModelSettings = { ...unset, ...args.settings };
  checkModel(settings, undefined, args.byOperator);
  await requirePresentSecret(context, args.sealedBy);
  await checkFallbacks(context, args.organizationId, args.id, settings.fallbacks);
  await context.db
    .insertInto('model')
    .values({
      ...(toColumns(settings) as Columns),
      ...(settings.contextWindow === null && toListed(args.listedContextWindow)),
      ...guardColumns({ changes: settings, byOperator: args.byOperator }),
      id: args.id,
      organization_id: args.organizationId,
      from_environment: 0,
      left_environment: 0,
      created_at: args.now,
      updated_at: args.now,
    })
    .execute();
  return { id: args.id };
}

export interface UpdateModel {
  readonly organizationId: string;
  readonly id: string;
  readonly changes: Partial<ModelSettings>;
  /** Where a changed setting is sealed: the fingerprints of the server's secrets. */
  readonly sealedBy?: readonly string[] | undefined;
  /** Tokens, as the provider's list of models says. */
  readonly listedContextWindow?: number | undefined;
  readonly byOperator: boolean;
  readonly now: number;
}

/** Fields whose change makes a model of the environment the administrator's own. */
const identity = ['provider', 'model', 'baseUrl', 'apiKeyEncrypted', 'apiKeyEnv'] as const;

/** A window that was not set by an administrator belongs to one model at one address. */
function windowColumns(row: ModelTable, { changes, listedContextWindow }: UpdateModel): Partial<Columns> {
  const isSet = changes.contextWindow === undefined && row.context_window_source === 'set';
  if (isSet || typeof changes.contextWindow === 'number') return {};
  const isAnother =
    (changes.model ?? row.model) !== row.model ||
    (changes.provider ?? row.provider) !== row.provider ||
    (changes.baseUrl === undefined ? row.base_url : changes.baseUrl) !== row.base_url;
  if (listedContextWindow === undefined && !isAnother) return {};
  return toListed(listedContextWindow);
}

/** Fields on which depends what calls have shown. */
const forgets = [
  'provider',
  'preset',
  'model',
  'baseUrl',
  'contextWindow',
  'sealedHeaders',
  'sealedQuery',
  'extraBody',
  'tokenField',
  'systemRole',
  'stream',
] as const satisfies readonly (keyof ModelSettings)[];

/** @throws AppError not_found, invalid_request, forbidden, conflict */
export async function updateModel(context: CommandContext, args: UpdateModel): Promise<null> {
  const { db } = context;
  const { changes } = args;
  const row = await lock(context, args);
  await requirePresentSecret(context, args.sealedBy);
  const before = toModel(row);
  const after = { ...before, ...changes };
  checkModel(after, before, args.byOperator);
  checkGivenAnew(before, changes);
  if (changes.fallbacks !== undefined) {
    await checkFallbacks(context, args.organizationId, args.id, changes.fallbacks);
  }
  const becomesOwn = identity.some((name) => after[name] !== before[name]);
  await db
    .updateTable('model')
    .set({
      ...toColumns(changes),
      ...windowColumns(row, args),
      ...guardColumns(args, before),
      ...(forgets.some((name) => changes[name] !== undefined) && nothingLearnt),
      ...(becomesOwn && { from_environment: 0 as Flag, left_environment: 0 as Flag }),
      // A model that an administrator deactivated stays inactive when its environment variable returns.
      ...(changes.isActive !== undefined && { left_environment: 0 as Flag }),
      updated_at: args.now,
    })
    .where('id', '=', args.id)
    .execute();
  return null;
}

/** @throws AppError not_found, in_use */
export async function deleteModel(
  context: CommandContext,
  args: { readonly organizationId: string; readonly id: string },
): Promise<null> {
  const { db } = context;
  await lock(context, args);
  const personas = await db
    .selectFrom('persona')
    .innerJoin('persona_version', 'persona_version.persona_id', 'persona.id')
    .select('persona.alias')
    .distinct()
    .where('persona_version.model_id', '=', args.id)
    .where((eb) =>
      eb.or([
        eb('persona_version.version', '=', eb.ref('persona.active_version')),
        eb('persona_version.version', '=', eb.ref('persona.next_version')),
      ]),
    )
    .orderBy('persona.alias')
    .execute();
  if (personas.length > 0) {
    const names = personas.map((persona) => persona.alias).join(', ');
    throw new AppError(
      'in_use',
      `the model is used by the persona${personas.length > 1 ? 's' : ''} ${names}`,
    );
  }
  const organization = await db
    .selectFrom('organization')
    .select('id')
    .where('id', '=', args.organizationId)
    .where('default_model_id', '=', args.id)
    .executeTakeFirst();
  if (organization !== undefined) {
    throw new AppError('in_use', "the model is the organization's default_model_id");
  }
  const settings = await db
    .selectFrom('organization_settings')
    .select('organization_id')
    .where('helper_model_id', '=', args.id)
    .executeTakeFirst();
  if (settings !== undefined) {
    throw new AppError('in_use', "the model is the organization's helper_model_id");
  }
  await checkIsNoFallback(context, args.organizationId, args.id);
  await db.deleteFrom('model').where('id', '=', args.id).execute();
  return null;
}

async function lock(
  context: CommandContext,
  args: { readonly organizationId: string; readonly id: string },
): Promise<ModelTable> {
  const query = context.db
    .selectFrom('model')
    .selectAll()
    .where('id', '=', args.id)
    .where('organization_id', '=', args.organizationId);
  const row = await forUpdate(context, query).executeTakeFirst();
  if (row === undefined) throw notFound('model');
  return row;
}
