/** Models of organizations. */
import { AppError, notFound } from '../../domain/errors.ts';
import type { Provider } from '../../domain/model.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import type { Flag, ModelTable } from '../tables.ts';
import { checkModel } from './model-rules.ts';

/** What an administrator sets of a model, as stored. */
export type ModelSettings = Omit<
  ModelTable,
  | 'id'
  | 'organization_id'
  | 'provider'
  | 'from_environment'
  | 'left_environment'
  | 'created_at'
  | 'updated_at'
> & { provider: Provider };

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
      ...args.settings,
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

/** What makes a model that the environment offered the administrator's own. */
const identity = ['provider', 'model', 'base_url', 'api_key_encrypted', 'api_key_env'] as const;

/** @throws AppError not_found, invalid_request, forbidden */
export async function updateModel(context: CommandContext, args: UpdateModel): Promise<null> {
  const { db } = context;
  const { changes } = args;
  const before = await lock(context, args);
  const after = { ...before, ...changes } as ModelTable & { provider: Provider };
  checkModel(after, before as ModelTable & { provider: Provider }, args.byOperator);
  const becomesOwn = identity.some((name) => after[name] !== before[name]);
  await db
    .updateTable('model')
    .set({
      ...changes,
      ...(becomesOwn && { from_environment: 0 as Flag, left_environment: 0 as Flag }),
      // Who switches a model off does not want it back when its variable returns.
      ...(changes.is_active !== undefined && { left_environment: 0 as Flag }),
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
