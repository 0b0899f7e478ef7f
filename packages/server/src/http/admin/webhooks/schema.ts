/** The schemas of webhooks and their deliveries. */
import { type Static, Type } from 'typebox';
import { errorCodes } from '../../../domain/errors.ts';
import { generationStatuses } from '../../../domain/generation.ts';
import { environments, type NamedCreator } from '../../../domain/scope.ts';
import { toTime, toTimeOrNull } from '../../../domain/text/time.ts';
import {
  deliveryStatuses,
  maxWebhooks,
  toWebhookMessage,
  webhookEvents,
  webhookMessageId,
} from '../../../domain/webhooks/webhook.ts';
import type { DeliveryRecord, WebhookRecord } from '../../../store/queries/webhooks.ts';
import {
  CreatedByField,
  closed,
  exampleId,
  IdField,
  nullable,
  oneOf,
  TextField,
  TimeField,
} from '../../openapi/fields.ts';
import { createdAt, OrganizationParams, updatedAt } from '../schema.ts';

const EventField = oneOf(webhookEvents, {
  description: 'What happened.',
  examples: ['generation.completed'],
});

function timeOrNull(description: string) {
  return nullable(TimeField(description));
}

const fields = {
  url: TextField(
    'The http or https address of the receiver, without user and fragment.',
    'https://hooks.example.com/colloquy',
    { maxLength: 2000 },
  ),
  events: Type.Array(EventField, {
    minItems: 1,
    maxItems: webhookEvents.length,
    uniqueItems: true,
    description:
      '`generation.completed`: an answer is `done` or was `cancelled`; `generation.failed`: it `failed` or was `interrupted`; `conversation.deleted`; `user.erased`; `budget.reached`: the `budget_per_month` of a key, an end user or the organization is spent, or a call was refused for it, once a month for each.',
    examples: [['generation.completed', 'generation.failed']],
  }),
  description: nullable(TextField('What it is for.', 'billing', { maxLength: 255 })),
};

const isActive = Type.Boolean({ description: 'Whether it is told of what happens.', examples: [true] });

const resourceFields = {
  id: IdField('The id.'),
  ...fields,
  is_active: isActive,
  gone_at: timeOrNull('When the receiver answered 410, which made it inactive; null: it did not.'),
  failing_since: timeOrNull('Since when every attempt has failed; null: the last one did not.'),
  created_by: CreatedByField,
  created_at: createdAt,
  updated_at: updatedAt,
};

export const Webhook = Type.Object(resourceFields, {
  title: 'Webhook',
  description: 'An address that is told of what happens, without its secret.',
});
export const NewWebhook = Type.Object(
  {
    ...resourceFields,
    secret: Type.Optional(
      Type.String({
        description: 'Verifies deliveries (Standard Webhooks), shown this once; a replayed answer lacks it.',
        examples: ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDHmCwPHsJSEE='],
      }),
    ),
  },
  { title: 'NewWebhook', description: 'A webhook that was just made, with its secret.' },
);

export const WebhookParams = Type.Object({ ...OrganizationParams.properties, id: IdField('The webhook.') });
export const DeliveryParams = Type.Object({
  ...WebhookParams.properties,
  delivery: IdField('The delivery.'),
});

export const CreateWebhookBody = Type.Object(
  { url: fields.url, events: fields.events, description: Type.Optional(fields.description) },
  { ...closed, title: 'WebhookSettings', description: `An organization has at most ${maxWebhooks}.` },
);
export const UpdateWebhookBody = Type.Object(
  {
    url: Type.Optional(fields.url),
    events: Type.Optional(fields.events),
    description: Type.Optional(fields.description),
    is_active: Type.Optional(isActive),
  },
  { ...closed, title: 'WebhookChanges', examples: [{ is_active: true }] },
);

const optionalId = (description: string) => Type.Optional(IdField(description));

export const EventDataSchema = Type.Object(
  {
    organization_id: IdField('The organization.'),
    environment: oneOf(environments, { description: 'Whose data it is about.', examples: ['prod'] }),
    conversation_id: optionalId('The conversation.'),
    session_id: optionalId('The session.'),
    message_id: optionalId('The answer.'),
    generation_id: optionalId('The generation.'),
    model_id: optionalId('The model that answered.'),
    persona_id: Type.Optional(Type.Integer({ description: 'The persona.', examples: [47] })),
    key_id: optionalId('The key that pays, or whose budget it is.'),
    user_id: Type.Optional(
      Type.String({
        description:
          'The end user. Deliveries with it go when the user is erased; the one that tells of that loses it once it has ended.',
        examples: ['customer-4711'],
      }),
    ),
    status: Type.Optional(
      oneOf(generationStatuses, { description: 'How the generation ended.', examples: ['done'] }),
    ),
    code: Type.Optional(oneOf(errorCodes, { description: 'Why it failed.', examples: ['provider_error'] })),
    usage: Type.Optional(Type.Ref('Usage#')),
    cost: Type.Optional(
      Type.Number({
        description:
          "Cost of the generation's calls, or what the month has cost, in the currency of the prices.",
        examples: [0.0042],
      }),
    ),
  },
  {
    $id: 'WebhookEventData',
    title: 'WebhookEventData',
    description: 'Ids and figures, never a text. What does not apply is absent.',
  },
);

export const DeliverySchema = Type.Object(
  {
    id: IdField('The id.'),
    message_id: Type.String({
      description: 'The header `webhook-id`, the same at each attempt.',
      examples: [webhookMessageId(exampleId)],
    }),
    type: EventField,
    timestamp: TimeField('When it happened.'),
    data: Type.Ref('WebhookEventData#'),
    status: oneOf(deliveryStatuses, {
      description: '`pending` until it is delivered, or was tried in vain for a day (`failed`).',
      examples: ['delivered'],
    }),
    attempts: Type.Integer({
      minimum: 0,
      description: 'Attempts, since it was sent again by hand if it was.',
      examples: [1],
    }),
    last_attempt_at: timeOrNull('When the last attempt began; null: there was none yet.'),
    next_attempt_at: timeOrNull('When the next attempt is due; null: there is none.'),
    response_status: nullable(
      Type.Integer({ description: 'The HTTP status of the last answer; null: none came.', examples: [200] }),
    ),
    error: nullable(
      Type.String({
        description: 'Why the last attempt failed; null: it did not.',
        examples: ['the receiver answered 500'],
      }),
    ),
    delivered_at: timeOrNull('When it was delivered; null: it is not.'),
  },
  {
    $id: 'WebhookDelivery',
    title: 'WebhookDelivery',
    description: 'Something that a webhook is told, or was; it is kept for seven days.',
  },
);

export const Delivery = Type.Ref('WebhookDelivery#');

export function toWebhookResource(
  record: WebhookRecord,
  createdBy: NamedCreator | null,
): Static<typeof Webhook> {
  return {
    id: record.id,
    url: record.url,
    events: [...record.events],
    description: record.description,
    is_active: record.isActive,
    gone_at: toTimeOrNull(record.goneAt),
    failing_since: toTimeOrNull(record.failingSince),
    created_by: createdBy && { ...createdBy },
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}

export function toDeliveryResource(record: DeliveryRecord, organizationId: string) {
  return {
    id: record.id,
    message_id: webhookMessageId(record.id),
    ...toWebhookMessage({ ...record, organizationId }),
    status: record.status,
    attempts: record.attempts,
    last_attempt_at: toTimeOrNull(record.lastAttemptAt),
    next_attempt_at: toTimeOrNull(record.nextAt),
    response_status: record.responseStatus,
    error: record.error,
    delivered_at: toTimeOrNull(record.deliveredAt),
  };
}
