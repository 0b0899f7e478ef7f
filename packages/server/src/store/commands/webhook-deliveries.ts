/**
 * Deliveries to webhooks: they are claimed for an attempt, and settled after it. All times are by the database's clock. A
 * claimed delivery is due again when its lease has run out, so that it is not lost with the process that sends it.
 */
import { sql } from 'kysely';
import { AppError, notFound } from '../../domain/errors.ts';
import { deliveryTriesMs, type WebhookEvent, type WebhookEventData } from '../../domain/webhooks/webhook.ts';
import { databaseNow } from '../clock.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import { failingFrom, toEventData } from '../queries/webhooks.ts';
import type { StoreEngine } from '../tables.ts';
import { deleteSome } from './delete-some.ts';
import { noteErasure } from './erasure.ts';

export interface ClaimDeliveries {
  readonly webhookId: string;
  /** Maximum number of deliveries; of a webhook that fails, one is claimed, on all servers. */
  readonly limit: number;
  readonly leaseMs: number;
}

export interface ClaimedDelivery {
  readonly id: string;
  readonly type: WebhookEvent;
  readonly data: WebhookEventData;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** For how long it has been tried, in milliseconds. */
  readonly triedForMs: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

export interface ClaimedDeliveries {
  readonly url: string;
  readonly secretEncrypted: string;
  readonly addressIsGuarded: boolean;
  readonly deliveries: readonly ClaimedDelivery[];
}

/** Claims the deliveries that have been due for longest; null where there are none, or nothing may be sent now. */
export async function claimDeliveries(
  context: CommandContext,
  { webhookId, limit, leaseMs }: ClaimDeliveries,
): Promise<ClaimedDeliveries | null> {
  const { db, engine } = context;
  const clock = databaseNow(engine);
  const ofWebhook = db
    .selectFrom('webhook')
    .select(['url', 'secret_encrypted', 'address_is_guarded', 'failures', clock.as('now')])
    .where('id', '=', webhookId)
    .where('is_active', '=', 1)
    .where((eb) => eb.or([eb('paused_until', 'is', null), eb('paused_until', '<=', clock)]));
  // Whoever else looks at the webhook at this moment takes what is due, or tries it alone.
  const webhook = await (engine === 'postgres'
    ? ofWebhook.forNoKeyUpdate().skipLocked()
    : ofWebhook
  ).executeTakeFirst();
  if (webhook === undefined) return null;
  const now = Number(webhook.now);
  const isFailing = webhook.failures >= failingFrom;
  const due = await db
    .selectFrom('webhook_delivery')
    .select(['id', 'type', 'data', 'attempts', 'since', 'created_at'])
    .where('webhook_id', '=', webhookId)
    .where('next_at', '<=', now)
    .orderBy('next_at')
    .limit(isFailing ? 1 : limit)
    .$if(engine === 'postgres', (query) => query.forUpdate().skipLocked())
    .execute();
  if (due.length === 0) return null;
  const until = now + leaseMs;
  await db
    .updateTable('webhook_delivery')
    .set((eb) => ({
      attempts: eb('attempts', '+', 1),
      next_at: until,
      leased_until: until,
      last_attempt_at: now,
    }))
    .where(
      'id',
      'in',
      due.map(({ id }) => id),
    )
    .execute();
  if (isFailing)
    await db.updateTable('webhook').set({ paused_until: until }).where('id', '=', webhookId).execute();
  return {
    url: webhook.url,
    secretEncrypted: webhook.secret_encrypted,
    addressIsGuarded: webhook.address_is_guarded === 1,
    deliveries: due.map((row) => ({
      id: row.id,
      type: row.type,
      data: toEventData(row.data),
      attempt: row.attempts + 1,
      triedForMs: now - row.since,
      createdAt: row.created_at,
    })),
  };
}

/** How an attempt ended. */
export type DeliveryOutcome =
  | { readonly kind: 'delivered'; readonly responseStatus: number }
  | {
      readonly kind: 'failed';
      /** Null: there was no answer. */
      readonly responseStatus: number | null;
      /** Why, in words. */
      readonly error: string;
      /** Until the next attempt; null: there is none. */
      readonly retryInMs: number | null;
      /** For how long the receiver wants to be left alone; 0: it did not say. */
      readonly retryAfterMs: number;
      /** Whether the receiver wants nothing any more: the webhook is made inactive. */
      readonly isGone: boolean;
    }
  /** It was broken off here. */
  | { readonly kind: 'released' };

export interface SettleDelivery {
  readonly webhookId: string;
  readonly id: string;
  /** Of the claim. If the lease has run out and another attempt was begun, that one counts for the delivery. */
  readonly attempt: number;
  readonly outcome: DeliveryOutcome;
}

export async function settleDelivery(
  context: CommandContext,
  { webhookId, id, attempt, outcome }: SettleDelivery,
): Promise<null> {
  const { db, engine } = context;
  const now = databaseNow(engine);
  const row = await db
    .selectFrom('webhook_delivery')
    .select(['type', 'data', now.as('now')])
    .where('id', '=', id)
    .executeTakeFirst();
  const isLast = outcome.kind === 'delivered' || (outcome.kind === 'failed' && outcome.retryInMs === null);
  const isOfErased = isLast && row?.type === 'user.erased';
  if (isOfErased) await noteErasure(context, Number(row.now));
  const delivery = db
    .updateTable('webhook_delivery')
    .where('id', '=', id)
    .where('attempts', '=', attempt)
    .where('status', '=', 'pending')
    .set({ leased_until: null, ...(isOfErased && { data: withoutUser(row.data) }) });
  switch (outcome.kind) {
    case 'released':
      await delivery.set({ next_at: now, attempts: attempt - 1 }).execute();
      return null;
    case 'delivered':
      await delivery
        .set({
          status: 'delivered',
          next_at: null,
          delivered_at: now,
          response_status: outcome.responseStatus,
          error: null,
        })
        .execute();
      await db
        .updateTable('webhook')
        .set({ failures: 0, failing_since: null, paused_until: null })
        .where('id', '=', webhookId)
        .where('failures', '>', 0)
        .execute();
      return null;
    case 'failed':
      await delivery
        .set({
          status: outcome.retryInMs === null ? 'failed' : 'pending',
          next_at: outcome.retryInMs === null ? null : after(engine, outcome.retryInMs),
          response_status: outcome.responseStatus,
          error: outcome.error,
        })
        .execute();
      await noteFailure(context, webhookId, outcome);
      return null;
  }
}

/** The time so many milliseconds from now. */
function after(engine: StoreEngine, ms: number) {
  return sql<number>`${databaseNow(engine)} + ${sql`cast(${Math.round(ms)} as bigint)`}`;
}

/** A webhook that fails again and again is sent to ever less often, up to this. */
const longestPauseMs = 300_000;
const firstPauseMs = 5_000;

async function noteFailure(
  context: CommandContext,
  webhookId: string,
  { retryAfterMs, isGone }: Extract<DeliveryOutcome, { kind: 'failed' }>,
): Promise<void> {
  const { db, engine } = context;
  const query = db.selectFrom('webhook').select('failures').where('id', '=', webhookId);
  const webhook = await forUpdate(context, query).executeTakeFirst();
  if (webhook === undefined) return;
  const failures = webhook.failures + 1;
  const doublings = failures - failingFrom;
  const ownPauseMs = doublings < 0 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** doublings);
  const pauseMs = Math.max(ownPauseMs, retryAfterMs);
  await db
    .updateTable('webhook')
    .set((eb) => ({
      failures,
      failing_since: eb.fn.coalesce('failing_since', databaseNow(engine)),
      ...(pauseMs > 0 && { paused_until: after(engine, pauseMs) }),
      ...(isGone && { is_active: 0 as const, gone_at: databaseNow(engine) }),
    }))
    .where('id', '=', webhookId)
    .execute();
}

/** What is kept of an event that told of an erased user, once nobody is told of it any more. */
function withoutUser(data: string): string {
  const { user_id: _, ...rest } = toEventData(data);
  return JSON.stringify(rest);
}

export interface ResendDelivery {
  readonly organizationId: string;
  readonly webhookId: string;
  readonly id: string;
}

/**
 * Makes a delivery due now, and gives it another day. @throws AppError not_found; conflict: an attempt is under way, the
 * webhook is not active, or what it said is not kept
 */
export async function resendDelivery(context: CommandContext, args: ResendDelivery): Promise<null> {
  const { db, engine } = context;
  const now = databaseNow(engine);
  const webhook = await db
    .selectFrom('webhook')
    .select('is_active')
    .where('id', '=', args.webhookId)
    .where('organization_id', '=', args.organizationId)
    .executeTakeFirst();
  if (webhook === undefined) throw notFound('webhook');
  const query = db
    .selectFrom('webhook_delivery')
    .select(['type', 'data', 'leased_until', now.as('now')])
    .where('id', '=', args.id)
    .where('webhook_id', '=', args.webhookId);
  const delivery = await forUpdate(context, query).executeTakeFirst();
  if (delivery === undefined) throw notFound('delivery');
  if (webhook.is_active === 0) {
    throw new AppError('conflict', 'the webhook is not active; set is_active to true first');
  }
  if (delivery.leased_until !== null && delivery.leased_until > Number(delivery.now)) {
    throw new AppError('conflict', 'the delivery is being sent at the moment');
  }
  if (delivery.type === 'user.erased' && toEventData(delivery.data).user_id === undefined) {
    throw new AppError('conflict', 'the delivery can’t be sent again, since whom it named was erased');
  }
  await db
    .updateTable('webhook_delivery')
    .set({ status: 'pending', attempts: 0, since: now, next_at: now, leased_until: null })
    .where('id', '=', args.id)
    .execute();
  await db.updateTable('webhook').set({ paused_until: null }).where('id', '=', args.webhookId).execute();
  return null;
}

/**
 * Deletes, in steps, deliveries that are older than `before`, and those of webhooks that are gone; gives up telling of
 * users who were erased more than a day ago. Call it until `isDone`.
 */
export async function pruneDeliveries(
  context: CommandContext,
  { before, limit }: { readonly before: number; readonly limit: number },
): Promise<{ readonly isDone: boolean }> {
  const { db, engine } = context;
  const now = databaseNow(engine);
  const late = await db
    .selectFrom('webhook_delivery')
    .select(['id', 'data', now.as('now')])
    .where('type', '=', sql.lit('user.erased'))
    .where('next_at', 'is not', null)
    .where('created_at', '<', sql<number>`${now} - ${sql.lit(deliveryTriesMs)}`)
    .limit(limit)
    .execute();
  const [first] = late;
  if (first !== undefined) await noteErasure(context, Number(first.now));
  for (const { id, data } of late) {
    await db
      .updateTable('webhook_delivery')
      .set({ status: 'failed', next_at: null, leased_until: null, data: withoutUser(data) })
      .where('id', '=', id)
      .execute();
  }
  let left = limit - late.length;
  const prune = async (condition: ReturnType<typeof sql>): Promise<void> => {
    if (left > 0) left -= await deleteSome(db, 'webhook_delivery', ['id'], condition, left);
  };
  const gone = await db.selectFrom('deleted_webhook').select('id').limit(100).execute();
  for (const { id } of gone) {
    await prune(sql`webhook_id = ${id}`);
    if (left > 0) await db.deleteFrom('deleted_webhook').where('id', '=', id).execute();
  }
  // Ids sort by time.
  await prune(sql`id < ${firstIdOf(before)}`);
  return { isDone: left > 0 && gone.length < 100 };
}

/** The least UUIDv7 of a time. */
function firstIdOf(epochMs: number): string {
  const hex = Math.max(0, Math.floor(epochMs)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
