/** `/organizations/{org_id}/webhooks` */
import type { Static } from 'typebox';
import { isOperator } from '../../../auth/permissions.ts';
import { creatorOf } from '../../../auth/principal.ts';
import { notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { nameCreators } from '../../../store/queries/creators.ts';
import { findWebhook, listWebhooks } from '../../../store/queries/webhooks.ts';
import { generateWebhookSecret } from '../../../webhooks/signature.ts';
import { answer, gone } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { PageQuery, pageById, pageOf, toPageResource } from '../page.ts';
import {
  createdAnswer,
  locationOf,
  OrganizationParams,
  organizationPath,
  refusals,
  tags,
} from '../schema.ts';
import { checkReceiver } from './address.ts';
import {
  CreateWebhookBody,
  NewWebhook,
  toWebhookResource,
  UpdateWebhookBody,
  Webhook,
  WebhookParams,
} from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/webhooks`;

export function webhookRoutes(dependencies: AdminDependencies): readonly Route[] {
  const { store, secrets, now } = dependencies;

  async function get(scope: OrganizationScope, webhookId: string): Promise<Static<typeof Webhook>> {
    const record = await findWebhook(store.reads, scope, webhookId.toLowerCase());
    if (record === undefined) throw notFound('webhook');
    const named = await nameCreators(store.reads, scope, [record.createdBy]);
    return toWebhookResource(record, named(record.createdBy));
  }

  return [
    route({
      method: 'POST',
      path,
      access,
      schema: {
        tags,
        operationId: 'createWebhook',
        summary: 'Have an address told of what happens',
        params: OrganizationParams,
        body: CreateWebhookBody,
        response: {
          201: createdAnswer(answer('The new webhook; `secret` is shown this once.', NewWebhook)),
          ...refusals,
        },
      },
      async handler(request, reply) {
        const { caller, scope, body } = request;
        const byOperator = isOperator(caller);
        await checkReceiver(body.url, byOperator, dependencies);
        const id = newId();
        const secret = generateWebhookSecret();
        const { ring } = secrets;
        const { result, replayed } = await store.changeOnce(request, 'createWebhook', {
          id,
          organizationId: scope.organizationId,
          url: body.url,
          events: body.events,
          description: body.description ?? null,
          secretEncrypted: ring.seal(secret, id),
          sealedBy: ring.fingerprints,
          byOperator,
          createdBy: creatorOf(caller),
          now: now(),
        });
        reply.code(201).header('Location', locationOf(scope, 'webhooks', result.id));
        return { ...(await get(scope, result.id)), ...(!replayed && { secret }) };
      },
    }),
    route({
      method: 'GET',
      path,
      access,
      schema: {
        tags,
        operationId: 'listWebhooks',
        summary: 'The webhooks of an organization',
        params: OrganizationParams,
        querystring: PageQuery,
        response: {
          200: answer('A page of webhooks, oldest first.', pageOf('WebhookList', Webhook)),
          ...refusals,
        },
      },
      async handler({ scope, query }) {
        const page = await listWebhooks(store.reads, scope, pageById(query));
        const creators = page.data.map(({ createdBy }) => createdBy);
        const named = await nameCreators(store.reads, scope, creators);
        return toPageResource(page, (record) => toWebhookResource(record, named(record.createdBy)));
      },
    }),
    route({
      method: 'GET',
      path: `${path}/:id`,
      access,
      schema: {
        tags,
        operationId: 'getWebhook',
        summary: 'A webhook',
        params: WebhookParams,
        response: { 200: answer('The webhook.', Webhook), ...refusals },
      },
      handler: ({ scope, params }) => get(scope, params.id),
    }),
    route({
      method: 'PATCH',
      path: `${path}/:id`,
      access,
      schema: {
        tags,
        operationId: 'updateWebhook',
        summary: 'Change a webhook; with another address, or made active again, it is tried at once',
        params: WebhookParams,
        body: UpdateWebhookBody,
        response: { 200: answer('The changed webhook.', Webhook), ...refusals },
      },
      async handler(request) {
        const { caller, scope, params, body } = request;
        const byOperator = isOperator(caller);
        const { url, events, description, is_active: isActive } = body;
        if (url !== undefined) await checkReceiver(url, byOperator, dependencies);
        const id = params.id.toLowerCase();
        await store.change(request, 'updateWebhook', {
          organizationId: scope.organizationId,
          id,
          changes: {
            ...(url !== undefined && { url }),
            ...(events !== undefined && { events }),
            ...(description !== undefined && { description }),
            ...(isActive !== undefined && { isActive }),
          },
          byOperator,
          now: now(),
        });
        return get(scope, id);
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/:id`,
      access,
      schema: {
        tags,
        operationId: 'deleteWebhook',
        summary: 'Delete a webhook, with its deliveries',
        params: WebhookParams,
        response: { 204: gone, ...refusals },
      },
      async handler(request, reply) {
        const { organizationId } = request.scope;
        await store.change(request, 'deleteWebhook', { organizationId, id: request.params.id.toLowerCase() });
        return reply.code(204).send(null);
      },
    }),
  ];
}
