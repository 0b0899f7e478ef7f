/** The tables of webhooks. Triggers (migration 0022) write the deliveries. Rows are as in `../tables.ts`. */
import type { CreatorKind } from '../../domain/scope.ts';
import type { DeliveryStatus, WebhookEvent } from '../../domain/webhooks/webhook.ts';

type Flag = 0 | 1;

export interface WebhookTable {
  id: string;
  organization_id: string;
  url: string;
  /** The events that it wants, as JSON. */
  events: string;
  description: string | null;
  /** The secret that deliveries are signed with, sealed under the server's secret. */
  secret_encrypted: string;
  /** 1 if an organization's administrator wrote `url`. */
  address_is_guarded: Flag;
  is_active: Flag;
  /** When its receiver answered 410, which made it inactive. */
  gone_at: number | null;
  /** Attempts that failed since the last one that did not. */
  failures: number;
  failing_since: number | null;
  /** Until then nothing is sent to it. */
  paused_until: number | null;
  created_by_kind: CreatorKind | null;
  created_by_id: string | null;
  created_at: number;
  updated_at: number;
}
/** A webhook that is gone, and whose deliveries are not all gone yet. */
export interface DeletedWebhookTable {
  id: string;
}
/** What is to be delivered, or was. Times are those of the database's clock. */
export interface WebhookDeliveryTable {
  id: string;
  webhook_id: string;
  type: WebhookEvent;
  /** `WebhookEventData` as JSON, where what is absent may be null. */
  data: string;
  /** The end user that `data` names, with whom the row goes; null in `user.erased`, which tells of that. */
  end_user_id: string | null;
  status: DeliveryStatus;
  /** Attempts since `since`. */
  attempts: number;
  /** From when on it is tried for a day. */
  since: number;
  /** When the next attempt is due; null: there is none. */
  next_at: number | null;
  /** While an attempt is under way: when it counts as lost. */
  leased_until: number | null;
  last_attempt_at: number | null;
  /** The HTTP status of the last answer; null: there was none. */
  response_status: number | null;
  /** Why the last attempt failed, in words. */
  error: string | null;
  delivered_at: number | null;
  created_at: number;
}

export interface WebhookTables {
  webhook: WebhookTable;
  deleted_webhook: DeletedWebhookTable;
  webhook_delivery: WebhookDeliveryTable;
}
