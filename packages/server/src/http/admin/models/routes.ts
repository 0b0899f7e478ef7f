/** `/organizations/{org_id}/models` */
import { isOperator } from '../../../auth/permissions.ts';
import { notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import type { ModelRecord } from '../../../domain/model.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { findModel, listModels } from '../../../store/queries/models.ts';
import { answer, gone } from '../../openapi/answers.ts';
import { idempotencyClaim } from '../../request/idempotency.ts';
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
import {
  CreateModelBody,
  Model,
  ModelParams,
  ModelTestResult,
  toModelResource,
  UpdateModelBody,
} from './schema.ts';
import { toSettings } from './settings.ts';

const access = 'organization-admin';
const path = `${organizationPath}/models`;

export function modelRoutes(dependencies: AdminDependencies): readonly Route[] {
  const { store, now } = dependencies;

  async function get(scope: OrganizationScope, modelId: string): Promise<ModelRecord> {
    const record = await findModel(store.reads, scope, modelId.toLowerCase());
    if (record === undefined) throw notFound('model');
    return record;
  }

  return [
    route({
      method: 'POST',
      path,
      access,
      schema: {
        tags,
        operationId: 'createModel',
        summary: 'Add a model',
        params: OrganizationParams,
        body: CreateModelBody,
        response: { 201: createdAnswer(answer('The new model.', Model)), ...refusals },
      },
      async handler(request, reply) {
        const { caller, scope, body } = request;
        const byOperator = isOperator(caller);
        const modelId = newId();
        const { result } = await store.executeOnce(
          'createModel',
          {
            id: modelId,
            organizationId: scope.organizationId,
            settings: {
              ...(await toSettings(body, modelId, byOperator, dependencies)),
              name: body.name,
              provider: body.provider,
              model: body.model,
            },
            byOperator,
            now: now(),
          },
          idempotencyClaim(request, caller, now()),
        );
        reply.code(201).header('Location', locationOf(scope, 'models', result.id));
        return toModelResource(await get(scope, result.id));
      },
    }),
    route({
      method: 'GET',
      path,
      access,
      schema: {
        tags,
        operationId: 'listModels',
        summary: 'The models of an organization',
        params: OrganizationParams,
        querystring: PageQuery,
        response: { 200: answer('A page of models, oldest first.', pageOf('ModelList', Model)), ...refusals },
      },
      handler: async ({ scope, query }) =>
        toPageResource(await listModels(store.reads, scope, pageById(query)), toModelResource),
    }),
    route({
      method: 'GET',
      path: `${path}/:id`,
      access,
      schema: {
        tags,
        operationId: 'getModel',
        summary: 'A model',
        params: ModelParams,
        response: { 200: answer('The model.', Model), ...refusals },
      },
      handler: async ({ scope, params }) => toModelResource(await get(scope, params.id)),
    }),
    route({
      method: 'PATCH',
      path: `${path}/:id`,
      access,
      schema: {
        tags,
        operationId: 'updateModel',
        summary: 'Change a model',
        params: ModelParams,
        body: UpdateModelBody,
        response: { 200: answer('The changed model.', Model), ...refusals },
      },
      async handler({ caller, scope, params, body }) {
        const byOperator = isOperator(caller);
        const modelId = params.id.toLowerCase();
        await store.execute('updateModel', {
          organizationId: scope.organizationId,
          id: modelId,
          changes: await toSettings(body, modelId, byOperator, dependencies),
          byOperator,
          now: now(),
        });
        return toModelResource(await get(scope, modelId));
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/:id`,
      access,
      schema: {
        tags,
        operationId: 'deleteModel',
        summary: 'Delete a model that nothing uses',
        params: ModelParams,
        response: { 204: gone, ...refusals },
      },
      async handler({ scope: { organizationId }, params }, reply) {
        await store.execute('deleteModel', { organizationId, id: params.id.toLowerCase() });
        return reply.code(204).send(null);
      },
    }),
    route({
      method: 'POST',
      path: `${path}/:id/test`,
      access,
      schema: {
        tags,
        operationId: 'testModel',
        summary: 'Call a model for one token',
        params: ModelParams,
        response: { 200: answer('Whether it answered.', ModelTestResult), ...refusals },
      },
      handler: async ({ scope, params }) => dependencies.testModel(await get(scope, params.id)),
    }),
  ];
}
