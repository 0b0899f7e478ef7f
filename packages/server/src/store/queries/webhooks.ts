/** Reads webhooks and their deliveries. */
import { sql } from 'kysely';
import type { Creator, OrganizationScope } from '../../domain/scope.ts';
import type { DeliveryStatus, WebhookEvent, WebhookEventData } from '../../domain/webhooks/webhook.ts';
import { databaseNow } from '../clock.ts';
import type { Database, StoreEngine } from '../tables.ts';
import { toCreator } from './creators.ts';
import { type Page, type PageRequest, readFull, readPage, toPage } from './page.ts';
import type { WebhookDeliveryTable, WebhookTable } from './webhook-tables.ts';

/** A webhook fails from so many failed attempts in a row on: then one thing is sent to it at a time, after pauses. */
export const failingFrom = 3;

export interface WebhookRecord {
  readonly id: string;
  readonly organizationId: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly description: string | null;
  readonly isActive: boolean;
  /** When its receiver answered 410, and it was made inactive. Epoch milliseconds, as all times. */
  readonly goneAt: number | null;
  /** The first of the attempts that have failed since one succeeded. */
  readonly failingSince: number | null;
  readonly createdBy: Creator | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

function toWebhook(row: WebhookTable): WebhookRecord {
  return {
    id: row.id,
    organizationId: row.organization_id,
    url: row.url,
    events: JSON.parse(row.events) as WebhookEvent[],
    description: row.description,
    isActive: row.is_active === 1,
    goneAt: row.gone_at,
    failingSince: row.failing_since,
    createdBy: toCreator(row),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export async function findWebhook(
  db: Database,
  scope: OrganizationScope,
  id: string,
): Promise<WebhookRecord | undefined> {
  const row = await db
    .selectFrom('webhook')
    .selectAll()
    .where('id', '=', id)
    .where('organization_id', '=', scope.organizationId)
    .executeTakeFirst();
  return row && toWebhook(row);
}

/** The webhooks, oldest first. */
export async function listWebhooks(
  db: Database,
  scope: OrganizationScope,
  page: PageRequest,
): Promise<Page<WebhookRecord>> {
  const query = db.selectFrom('webhook').selectAll().where('organization_id', '=', scope.organizationId);
  return readPage(query, page, toWebhook);
}

/** Whether somebody is still to be told that users of the organization were erased. */
export async function isTellingOfErased(db: Database, organizationId: string): Promise<boolean> {
  const row = await db
    .selectFrom('webhook')
    .innerJoin('webhook_delivery', 'webhook_delivery.webhook_id', 'webhook.id')
    .select('webhook.id')
    .where('organization_id', '=', organizationId)
    .where('type', '=', sql.lit('user.erased'))
    .where('next_at', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export interface DeliveryRecord {
  readonly id: string;
  readonly type: WebhookEvent;
  readonly data: WebhookEventData;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly nextAt: number | null;
  readonly lastAttemptAt: number | null;
  readonly responseStatus: number | null;
  readonly error: string | null;
  readonly deliveredAt: number | null;
  readonly createdAt: number;
}

function toDelivery(row: WebhookDeliveryTable): DeliveryRecord {
  return {
    id: row.id,
    type: row.type,
    data: toEventData(row.data),
    status: row.status,
    attempts: row.attempts,
    nextAt: row.next_at,
    lastAttemptAt: row.last_attempt_at,
    responseStatus: row.response_status,
    error: row.error,
    deliveredAt: row.delivered_at,
    createdAt: row.created_at,
  };
}

/** What an event says, as it was stored, without what is null. */
export function toEventData(json: string): WebhookEventData {
  const stored = JSON.parse(json) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(stored).filter(([, value]) => value !== null)) as never;
}

/** The deliveries of a webhook, which the caller has found in its scope, newest first. */
export async function listDeliveries(
  db: Database,
  webhook: Pick<WebhookRecord, 'id'>,
  { limit, after }: PageRequest,
): Promise<Page<DeliveryRecord>> {
  const { rows, hasMore } = await readFull<WebhookDeliveryTable>(limit, (last, atOnce) => {
    const before = last?.id ?? after;
    let query = db.selectFrom('webhook_delivery').selectAll().where('webhook_id', '=', webhook.id);
    if (before !== undefined) query = query.where('id', '<', before);
    return query.orderBy('id', 'desc').limit(atOnce).execute();
  });
  return toPage(rows, hasMore, toDelivery, (row) => row.id);
}

/** A delivery of a webhook, which the caller has found in its scope. */
export async function findDelivery(
  db: Database,
  webhook: Pick<WebhookRecord, 'id'>,
  id: string,
): Promise<DeliveryRecord | undefined> {
  const row = await db
    .selectFrom('webhook_delivery')
    .selectAll()
    .where('id', '=', id)
    .where('webhook_id', '=', webhook.id)
    .executeTakeFirst();
  return row && toDelivery(row);
}

export interface DueWebhook {
  readonly id: string;
  readonly organizationId: string;
  readonly isFailing: boolean;
}

/** Webhooks of all organizations that something is due for: those that do not fail first, then by how long it is due. */
export async function findDueWebhooks(
  db: Database,
  engine: StoreEngine,
  limit: number,
): Promise<readonly DueWebhook[]> {
  const now = databaseNow(engine);
  const rows = await db
    .selectFrom((eb) =>
      eb
        .selectFrom('webhook')
        .select(['id', 'organization_id', 'failures'])
        .select((inner) =>
          inner
            .selectFrom('webhook_delivery')
            .select('next_at')
            .whereRef('webhook_id', '=', 'webhook.id')
            .where('next_at', 'is not', null)
            .orderBy('next_at')
            .limit(1)
            .as('due_at'),
        )
        .where('is_active', '=', 1)
        .where((inner) => inner.or([inner('paused_until', 'is', null), inner('paused_until', '<=', now)]))
        .as('webhook'),
    )
    .select(['id', 'organization_id', 'failures'])
    .where('due_at', '<=', now)
    .orderBy(sql`case when failures >= ${sql.lit(failingFrom)} then 1 else 0 end`)
    .orderBy('due_at')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    organizationId: row.organization_id,
    isFailing: row.failures >= failingFrom,
  }));
}
