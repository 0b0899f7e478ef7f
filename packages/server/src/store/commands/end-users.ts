/** End users: stores those seen for the first time, and erases them with their data. */
import { sql } from 'kysely';
import { AppError } from '../../domain/errors.ts';
import type { Environment } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import { keyNames } from '../usage/rollup.ts';
import { deleteSome } from './delete-some.ts';
import { noteErasure } from './erasure.ts';

export interface EnsureEndUser {
  /** Id that the user gets if it is new. */
  readonly id: string;
  readonly organizationId: string;
  readonly environment: Environment;
  readonly externalId: string;
  readonly now: number;
}

/** @throws AppError conflict (the user is being erased) */
export async function ensureEndUser(
  context: CommandContext,
  args: EnsureEndUser,
): Promise<{ readonly id: string }> {
  const { db } = context;
  await db
    .insertInto('end_user')
    .values({
      id: args.id,
      organization_id: args.organizationId,
      environment: args.environment,
      external_id: args.externalId,
      created_at: args.now,
    })
    .onConflict((conflict) => conflict.columns(['organization_id', 'environment', 'external_id']).doNothing())
    .execute();
  const { id, erasing_at: erasingAt } = await db
    .selectFrom('end_user')
    .select(['id', 'erasing_at'])
    .where('organization_id', '=', args.organizationId)
    .where('environment', '=', args.environment)
    .where('external_id', '=', args.externalId)
    .executeTakeFirstOrThrow();
  if (erasingAt === null) return { id };
  throw new AppError(
    'conflict',
    'the user is being erased; if that was broken off, erase the user again, and then ask again',
  );
}

/**
 * Makes the tokens of end users worth nothing, before they are erased: from then on nothing new is begun by them, and
 * their connections end, on every replica.
 */
export async function beginErasure(
  { db }: CommandContext,
  args: { readonly organizationId: string; readonly endUserIds: readonly string[]; readonly now: number },
): Promise<null> {
  if (args.endUserIds.length === 0) return null;
  await db
    .updateTable('end_user')
    .set({ erasing_at: args.now })
    .where('organization_id', '=', args.organizationId)
    .where('id', 'in', [...args.endUserIds])
    .where('erasing_at', 'is', null)
    .execute();
  return null;
}

/** Erases model calls of an organization, the oldest first, then what they come to. Call it until `isLast`. */
export async function eraseModelCalls(
  { db }: CommandContext,
  args: { readonly organizationId: string; readonly limit: number },
): Promise<{ readonly modelCalls: number; readonly isLast: boolean }> {
  const deleted = await db
    .deleteFrom('model_call')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('model_call')
        .select('id')
        .where('organization_id', '=', args.organizationId)
        .orderBy('created_at')
        .limit(args.limit),
    )
    .executeTakeFirstOrThrow();
  const modelCalls = Number(deleted.numDeletedRows);
  if (modelCalls === args.limit) return { modelCalls, isLast: false };
  const ofOrganization = sql`organization_id = ${args.organizationId}`;
  const isLast =
    (await deleteSome(db, 'usage_pending', ['organization_id', 'call_id'], ofOrganization, args.limit)) <
      args.limit && (await deleteSome(db, 'usage_rollup', keyNames, ofOrganization, args.limit)) < args.limit;
  return { modelCalls, isLast };
}

export interface EraseEndUsers {
  readonly organizationId: string;
  readonly endUserIds: readonly string[];
  readonly now: number;
}

/**
 * Erases end users, and conversations that they started since `eraseConversations` found no more. Their usage stays in
 * the organization's account, without the user's name: in the rollups of everybody.
 */
export async function eraseEndUsers(
  context: CommandContext,
  args: EraseEndUsers,
): Promise<{
  readonly endUsers: number;
  readonly idempotencyClaims: number;
  readonly modelCallsAnonymised: number;
  readonly webhookDeliveries: number;
}> {
  const { db } = context;
  const ids = [...args.endUserIds];
  if (ids.length === 0)
    return { endUsers: 0, idempotencyClaims: 0, modelCallsAnonymised: 0, webhookDeliveries: 0 };
  await noteErasure(context, args.now);
  const claims = await db
    .deleteFrom('idempotency')
    .where(
      'scope',
      'in',
      ids.map((id) => `user:${id}`),
    )
    .executeTakeFirstOrThrow();
  const calls = await db
    .updateTable('model_call')
    .set({ end_user_id: sql<null>`null` })
    .where('end_user_id', 'in', ids)
    .where('organization_id', '=', args.organizationId)
    .executeTakeFirstOrThrow();
  const users = await db
    .deleteFrom('end_user')
    .where('id', 'in', ids)
    .where('organization_id', '=', args.organizationId)
    .executeTakeFirstOrThrow();
  // After the users, whose rows are locked while their usage is added up.
  await db
    .deleteFrom('usage_rollup')
    .where('organization_id', '=', args.organizationId)
    .where('end_user_id', 'in', ids)
    .execute();
  // Likewise: an answer that ended before has told of the user by now, and none ends any more.
  const deliveries = await db
    .deleteFrom('webhook_delivery')
    .where('end_user_id', 'in', ids)
    .executeTakeFirstOrThrow();
  return {
    endUsers: Number(users.numDeletedRows),
    webhookDeliveries: Number(deliveries.numDeletedRows),
    idempotencyClaims: Number(claims.numDeletedRows),
    modelCallsAnonymised: Number(calls.numUpdatedRows),
  };
}
