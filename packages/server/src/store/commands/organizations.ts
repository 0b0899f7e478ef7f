/** Creates, changes and deletes organizations. */
import { sql } from 'kysely';
import { invalid, notFound } from '../../domain/errors.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import { defaultOrganizationSetting } from '../queries/organizations.ts';
import { deleteLoneAccounts } from './accounts.ts';
import { noteErasure } from './erasure.ts';

export interface CreateOrganization {
  readonly id: string;
  readonly name: string;
  readonly now: number;
}

export async function createOrganization(
  context: CommandContext,
  args: CreateOrganization,
): Promise<{ readonly id: string }> {
  await context.db
    .insertInto('organization')
    .values({
      id: args.id,
      name: args.name,
      default_model_id: null,
      default_model_follows: 0,
      created_at: args.now,
      updated_at: args.now,
    })
    .execute();
  return { id: args.id };
}

export interface UpdateOrganization {
  readonly organizationId: string;
  readonly name?: string | undefined;
  /** If set, the default model stops following the environment. */
  readonly defaultModelId?: string | null | undefined;
  readonly now: number;
}

/** @throws AppError not_found, invalid_request (no such model) */
export async function updateOrganization(context: CommandContext, args: UpdateOrganization): Promise<null> {
  const { db } = context;
  if (typeof args.defaultModelId === 'string') {
    await lockModel(context, args.organizationId, args.defaultModelId, 'default_model_id');
  }
  const updated = await db
    .updateTable('organization')
    .set({
      updated_at: args.now,
      ...(args.name !== undefined && { name: args.name }),
      ...(args.defaultModelId !== undefined && {
        default_model_id: args.defaultModelId,
        default_model_follows: 0 as const,
      }),
    })
    .where('id', '=', args.organizationId)
    .returning('id')
    .execute();
  if (updated.length === 0) throw notFound('organization');
  return null;
}

/**
 * Reads a model that a field refers to, and locks it so that it can't be deleted before the commit.
 * @throws AppError invalid_request that names the field
 */
export async function lockModel(
  context: CommandContext,
  organizationId: string,
  modelId: string,
  field: string,
): Promise<void> {
  const query = context.db
    .selectFrom('model')
    .select('id')
    .where('id', '=', modelId)
    .where('organization_id', '=', organizationId);
  const model = await forUpdate(context, query).executeTakeFirst();
  if (model === undefined) throw invalid(field, `${field}: the organization has no model ${modelId}`);
}

export interface DeletedOrganization {
  readonly members: number;
  readonly models: number;
  readonly personas: number;
  readonly keys: number;
  readonly endUsers: number;
  readonly idempotencyClaims: number;
}

/**
 * Deletes an organization with its settings, and conversations started since `eraseConversations` found no more.
 * @throws AppError not_found
 */
export async function deleteOrganization(
  context: CommandContext,
  args: { readonly organizationId: string; readonly now: number },
): Promise<DeletedOrganization> {
  const { db, engine } = context;
  const query = db.selectFrom('organization').select('id').where('id', '=', args.organizationId);
  // Unlike `forUpdate` it also waits for new rows that refer to the organization, and lets in no more of them.
  const locked = engine === 'postgres' ? query.forUpdate() : query;
  if ((await locked.executeTakeFirst()) === undefined) throw notFound('organization');
  await noteErasure(context, args.now);
  await db.insertInto('deleted_organization').values({ id: args.organizationId }).execute();
  const claims = await deleteClaims(context, args.organizationId);
  const count = async (table: 'member' | 'model' | 'persona' | 'api_key' | 'end_user'): Promise<number> => {
    const deleted = await db
      .deleteFrom(table)
      .where('organization_id', '=', args.organizationId)
      .executeTakeFirstOrThrow();
    return Number(deleted.numDeletedRows);
  };
  const accounts = await db
    .selectFrom('member')
    .select('account_id')
    .where('organization_id', '=', args.organizationId)
    .where('account_id', 'is not', null)
    .execute();
  const counts = {
    members: await count('member'),
    models: await count('model'),
    personas: await count('persona'),
    keys: await count('api_key'),
    endUsers: await count('end_user'),
    idempotencyClaims: claims,
  };
  await deleteLoneAccounts(
    context,
    accounts.flatMap(({ account_id: id }) => id ?? []),
  );
  await db.deleteFrom('organization').where('id', '=', args.organizationId).execute();
  await db
    .deleteFrom('setting')
    .where('name', '=', defaultOrganizationSetting)
    .where('value', '=', args.organizationId)
    .execute();
  return counts;
}

async function deleteClaims(context: CommandContext, organizationId: string): Promise<number> {
  const deleted = await sql`delete from idempotency where scope = ${`anonymous:${organizationId}`}
    or scope in (select 'key:' || id from api_key where organization_id = ${organizationId})
    or scope like ${`member:${organizationId}:%`}
    or scope in (select 'user:' || id from end_user where organization_id = ${organizationId})`.execute(
    context.db,
  );
  return Number(deleted.numAffectedRows ?? 0);
}
