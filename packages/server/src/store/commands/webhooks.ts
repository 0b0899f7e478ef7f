/** Creates, changes and deletes webhooks. */
import { AppError, notFound } from '../../domain/errors.ts';
import type { Creator } from '../../domain/scope.ts';
import { maxWebhooks, type WebhookEvent } from '../../domain/webhooks/webhook.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import { creatorColumns } from '../queries/creators.ts';
import type { WebhookTable } from '../queries/webhook-tables.ts';
import { requirePresentSecret } from './secrets.ts';

interface Addressed {
  readonly organizationId: string;
  readonly id: string;
}

export interface CreateWebhook extends Addressed {
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly description: string | null;
  /** Sealed for this id. */
  readonly secretEncrypted: string;
  /** The fingerprints of the secrets of the server that has sealed it. */
  readonly sealedBy: readonly string[];
  /** Whether the operator wrote `url`, who may name private addresses. */
  readonly byOperator: boolean;
  readonly createdBy: Creator | null;
  readonly now: number;
}

/** @throws AppError not_found (the organization), conflict (it has as many as it may; the secret was replaced) */
export async function createWebhook(
  context: CommandContext,
  args: CreateWebhook,
): Promise<{ readonly id: string }> {
  const { db } = context;
  const { organizationId } = args;
  await requirePresentSecret(context, args.sealedBy);
  // Two at once must not both be the last one.
  const query = db.selectFrom('organization').select('id').where('id', '=', organizationId);
  const found = await forUpdate(context, query).executeTakeFirst();
  if (found === undefined) throw notFound('organization');
  const { count } = await db
    .selectFrom('webhook')
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .where('organization_id', '=', organizationId)
    .executeTakeFirstOrThrow();
  if (Number(count) >= maxWebhooks) {
    throw new AppError('conflict', `an organization has at most ${maxWebhooks} webhooks; delete one first`);
  }
  await db
    .insertInto('webhook')
    .values({
      id: args.id,
      organization_id: organizationId,
      url: args.url,
      events: toJson(args.events),
      description: args.description,
      secret_encrypted: args.secretEncrypted,
      address_is_guarded: args.byOperator ? 0 : 1,
      is_active: 1,
      ...sound,
      ...creatorColumns(args.createdBy),
      created_at: args.now,
      updated_at: args.now,
    })
    .execute();
  return { id: args.id };
}

/** The state of a webhook that nothing is known against. */
const sound = { gone_at: null, failures: 0, failing_since: null, paused_until: null } as const;

function toJson(events: readonly WebhookEvent[]): string {
  return JSON.stringify([...new Set(events)]);
}

export interface UpdateWebhook extends Addressed {
  readonly changes: {
    readonly url?: string;
    readonly events?: readonly WebhookEvent[];
    readonly description?: string | null;
    readonly isActive?: boolean;
  };
  readonly byOperator: boolean;
  readonly now: number;
}

/** With another address, or made active again, it is tried at once. @throws AppError not_found */
export async function updateWebhook(context: CommandContext, args: UpdateWebhook): Promise<null> {
  const { url, events, description, isActive } = args.changes;
  const query = context.db
    .selectFrom('webhook')
    .select('url')
    .where('id', '=', args.id)
    .where('organization_id', '=', args.organizationId);
  const before = await forUpdate(context, query).executeTakeFirst();
  if (before === undefined) throw notFound('webhook');
  // Whoever writes another address is answerable for it; the operator is for the same one, too.
  const isWritten = url !== undefined && (args.byOperator || url !== before.url);
  const columns: Partial<WebhookTable> = {
    ...(url !== undefined && { url }),
    ...(isWritten && { address_is_guarded: args.byOperator ? 0 : 1 }),
    ...(events !== undefined && { events: toJson(events) }),
    ...(description !== undefined && { description }),
    ...(isActive !== undefined && { is_active: isActive ? 1 : 0 }),
    ...((isWritten || isActive === true) && sound),
  };
  if (Object.keys(columns).length === 0) return null;
  await context.db
    .updateTable('webhook')
    .set({ ...columns, updated_at: args.now })
    .where('id', '=', args.id)
    .execute();
  return null;
}

/** Its deliveries go in steps, by `pruneDeliveries`. @throws AppError not_found */
export async function deleteWebhook(
  { db }: CommandContext,
  { organizationId, id }: Addressed,
): Promise<null> {
  const deleted = await db
    .deleteFrom('webhook')
    .where('id', '=', id)
    .where('organization_id', '=', organizationId)
    .returning('id')
    .execute();
  if (deleted.length === 0) throw notFound('webhook');
  await db.insertInto('deleted_webhook').values({ id }).execute();
  return null;
}

/** Deletes the webhooks of an organization that is being erased, as `deleteWebhook`. */
export async function deleteWebhooks(
  { db }: CommandContext,
  { organizationId }: { readonly organizationId: string },
): Promise<{ readonly webhooks: number }> {
  const deleted = await db
    .deleteFrom('webhook')
    .where('organization_id', '=', organizationId)
    .returning('id')
    .execute();
  if (deleted.length > 0) await db.insertInto('deleted_webhook').values(deleted).execute();
  return { webhooks: deleted.length };
}
