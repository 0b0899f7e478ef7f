/** `/organizations/{org_id}/webhooks/{id}/deliveries` */
import { notFound } from '../../../domain/errors.ts';
import { findDelivery, findWebhook, listDeliveries } from '../../../store/queries/webhooks.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { PageQuery, pageById, pageOf, toPageResource } from '../page.ts';
import { organizationPath, refusals, tags } from '../schema.ts';
import { Delivery, DeliveryParams, toDeliveryResource, WebhookParams } from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/webhooks/:id/deliveries`;

export function webhookDeliveryRoutes({ store }: AdminDependencies): readonly Route[] {
  return [
    route({
      method: 'GET',
      path,
      access,
      schema: {
        tags,
        operationId: 'listWebhookDeliveries',
        summary: 'What a webhook was told in the last seven days, and is to be told',
        params: WebhookParams,
        querystring: PageQuery,
        response: {
          200: answer('A page of deliveries, newest first.', pageOf('WebhookDeliveryList', Delivery)),
          ...refusals,
        },
      },
      async handler({ scope, params, query }) {
        const webhook = await findWebhook(store.reads, scope, params.id.toLowerCase());
        if (webhook === undefined) throw notFound('webhook');
        const page = await listDeliveries(store.reads, webhook, pageById(query));
        return toPageResource(page, (record) => toDeliveryResource(record, scope.organizationId));
      },
    }),
    route({
      method: 'POST',
      path: `${path}/:delivery/resend`,
      access,
      schema: {
        tags,
        operationId: 'resendWebhookDelivery',
        summary: 'Send a delivery again, at once, with the same `webhook-id`',
        description:
          'It gets another day of attempts. 409 while it is being sent, where the webhook is not active, and for what told of an erased user.',
        params: DeliveryParams,
        response: { 200: answer('The delivery, which is pending.', Delivery), ...refusals },
      },
      async handler(request) {
        const { scope, params } = request;
        const { organizationId } = scope;
        const webhookId = params.id.toLowerCase();
        const id = params.delivery.toLowerCase();
        // It is an error where the organization has no such webhook.
        await store.change(request, 'resendDelivery', { organizationId, webhookId, id });
        const delivery = await findDelivery(store.reads, { id: webhookId }, id);
        if (delivery === undefined) throw notFound('delivery');
        return toDeliveryResource(delivery, organizationId);
      },
    }),
  ];
}
