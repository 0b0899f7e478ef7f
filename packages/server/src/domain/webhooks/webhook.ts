/** Webhooks: the events that they can be told of, and what a delivery says. */
import type { ErrorCode } from '../errors.ts';
import type { GenerationStatus } from '../generation.ts';
import type { Environment } from '../scope.ts';
import { dayMs, toTime } from '../text/time.ts';
import type { Usage } from '../usage.ts';

export const webhookEvents = [
  'generation.completed',
  'generation.failed',
  'conversation.deleted',
  'user.erased',
  'budget.reached',
] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/** `pending` until it is delivered, or was tried in vain for a day (`failed`). */
export const deliveryStatuses = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** Webhooks of an organization at most. */
export const maxWebhooks = 20;
/** How long deliveries can be looked at, in days. */
export const deliveriesKeptDays = 7;
/** For how long a delivery is tried again, in milliseconds. */
export const deliveryTriesMs = dayMs;

/** What an event says beside its organization: ids and figures, never a text. */
export interface WebhookEventData {
  readonly environment: Environment;
  readonly conversation_id?: string;
  readonly session_id?: string;
  /** The answer. */
  readonly message_id?: string;
  readonly generation_id?: string;
  readonly model_id?: string;
  readonly persona_id?: number;
  readonly key_id?: string;
  /** The `user_id` by which the organization knows its end user. */
  readonly user_id?: string;
  readonly status?: GenerationStatus;
  readonly code?: ErrorCode;
  readonly usage?: Usage;
  /** In the currency of the prices. */
  readonly cost?: number;
}

/** An event as it is sent. */
export interface WebhookMessage {
  readonly type: WebhookEvent;
  /** When it happened. */
  readonly timestamp: string;
  readonly data: { readonly organization_id: string } & WebhookEventData;
}

export function toWebhookMessage(event: {
  readonly type: WebhookEvent;
  readonly organizationId: string;
  readonly data: WebhookEventData;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}): WebhookMessage {
  const { type, organizationId, data, createdAt } = event;
  return { type, timestamp: toTime(createdAt), data: { organization_id: organizationId, ...data } };
}

/** The `webhook-id` of a delivery, the same at each attempt. */
export function webhookMessageId(deliveryId: string): string {
  return `msg_${deliveryId.replaceAll('-', '')}`;
}
