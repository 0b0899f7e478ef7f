/** Models of organizations. */
import { AppError, notFound } from '../../domain/errors.ts';
import type { ModelRecord } from '../../domain/model.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import { toModel } from '../queries/models.ts';
import type { Flag, ModelTable } from '../tables.ts';
import { checkModel } from './model-rules.ts';

/** The fields of a model that an administrator can set. */
export type ModelSettings = Pick<
  ModelRecord,
  | 'name'
  | 'provider'
  | 'model'
  | 'baseUrl'
  | 'apiKeyEncrypted'
  | 'apiKeyEnv'
  | 'contextWindow'
  | 'maxOutputTokens'
  | 'prices'
  | 'isActive'
  | 'canContinue'
>;

type SettingsColumns = Omit<
  ModelTable,
  'id' | 'organization_id' | 'from_environment' | 'left_environment' | 'created_at' | 'updated_at'
>;

function toColumns(settings: ModelSettings): SettingsColumns {
  return {
    name: settings.name,
    provider: settings.provider,
    model: settings.model,
    base_url: settings.baseUrl,
    api_key_encrypted: settings.apiKeyEncrypted,
    api_key_env: settings.apiKeyEnv,
    context_window: settings.contextWindow,
    max_output_tokens: settings.maxOutputTokens,
    price_input: settings.prices?.input ?? null,
    price_output: settings.prices?.output ?? null,
    is_active: settings.isActive ? 1 : 0,
    can_continue: settings.canContinue ? 1 : 0,
  };
}

export interface CreateModel {
  readonly id: string;
  readonly organizationId: string;
  readonly settings: ModelSettings;
  readonly byOperator: boolean;
  readonly now: number;
}

/** @throws AppError invalid_request, forbidden */
export async function createModel(
  context: CommandContext,
  args: CreateModel,
): Promise<{ readonly id: string }> {
  checkModel(args.settings, undefined, args.byOperator);
  await context.db
    .insertInto('model')
    .values({
      ...toColumns(args.settings),
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
  readonly byOperator: boolean;
  readonly now: number;
}

/** Fields whose change makes a model of the environment the administrator's own. */
const identity = ['provider', 'model', 'baseUrl', 'apiKeyEncrypted', 'apiKeyEnv'] as const;

/** @throws AppError not_found, invalid_request, forbidden */
export async function updateModel(context: CommandContext, args: UpdateModel): Promise<null> {
  const { db } = context;
  const { changes } = args;
  const before = toModel(await lock(context, args));
  const after = { ...before, ...changes };
  checkModel(after, before, args.byOperator);
  const becomesOwn = identity.some((name) => after[name] !== before[name]);
  await db
    .updateTable('model')
    .set({
      ...toColumns(after),
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
