/** `/organizations/{org_id}/models` */
import { isOperator } from '../../../auth/permissions.ts';
import { notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import type { ModelRecord } from '../../../domain/model.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import type { ModelSettings } from '../../../store/commands/models.ts';
import { findModel, listModels } from '../../../store/queries/models.ts';
import { type AdminApp, administratorOf, claimOf, openOrganization, timeOf } from '../access.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { pageById, toPageResource } from '../page.ts';
import { answers, created, deleted, OrganizationParams, PageQuery, pageOf } from '../schema.ts';
import {
  CreateModelBody,
  Model,
  ModelParams,
  ModelTestResult,
  toModelResource,
  UpdateModelBody,
} from './schema.ts';
import { toSettings } from './settings.ts';

const unset: Omit<ModelSettings, 'name' | 'provider' | 'model'> = {
  base_url: null,
  api_key_encrypted: null,
  api_key_env: null,
  context_window: null,
  max_output_tokens: null,
  price_input: null,
  price_output: null,
  is_active: 1,
  can_continue: 0,
};

export function modelRoutes(app: AdminApp, dependencies: AdminDependencies): void {
  const { store } = dependencies;
  const path = '/organizations/:org_id/models';

  async function get(scope: OrganizationScope, modelId: string): Promise<ModelRecord> {
    const record = await findModel(store.reads, scope, modelId.toLowerCase());
    if (record === undefined) throw notFound('model');
    return record;
  }

  app.post(
    path,
    {
      schema: {
        tags: ['admin'],
        operationId: 'createModel',
        summary: 'Add a model',
        params: OrganizationParams,
        body: CreateModelBody,
        response: created(Model, 'The new model.'),
      },
    },
    async (request, reply) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const { organizationId } = scope;
      const byOperator = isOperator(administratorOf(request));
      const { body } = request;
      const modelId = newId();
      const { result } = await store.executeOnce(
        'createModel',
        {
          id: modelId,
          organizationId,
          settings: {
            ...unset,
            ...(await toSettings(body, modelId, byOperator, dependencies)),
            name: body.name,
            provider: body.provider,
            model: body.model,
          },
          byOperator,
          now: timeOf(dependencies),
        },
        claimOf(request, dependencies),
      );
      reply.code(201).header('Location', `${app.prefix}/organizations/${organizationId}/models/${result.id}`);
      return toModelResource(await get(scope, result.id));
    },
  );

  app.get(
    path,
    {
      schema: {
        tags: ['admin'],
        operationId: 'listModels',
        summary: 'The models of an organization',
        params: OrganizationParams,
        querystring: PageQuery,
        response: answers(pageOf('ModelList', Model), 'A page of models, oldest first.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      return toPageResource(await listModels(store.reads, scope, pageById(request.query)), toModelResource);
    },
  );

  app.get(
    `${path}/:id`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'getModel',
        summary: 'A model',
        params: ModelParams,
        response: answers(Model, 'The model.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      return toModelResource(await get(scope, request.params.id));
    },
  );

  app.patch(
    `${path}/:id`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'updateModel',
        summary: 'Change a model',
        params: ModelParams,
        body: UpdateModelBody,
        response: answers(Model, 'The changed model.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const byOperator = isOperator(administratorOf(request));
      const modelId = request.params.id.toLowerCase();
      await store.execute('updateModel', {
        organizationId: scope.organizationId,
        id: modelId,
        changes: await toSettings(request.body, modelId, byOperator, dependencies),
        byOperator,
        now: timeOf(dependencies),
      });
      return toModelResource(await get(scope, modelId));
    },
  );

  app.delete(
    `${path}/:id`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'deleteModel',
        summary: 'Delete a model that nothing uses',
        params: ModelParams,
        response: deleted(),
      },
    },
    async (request, reply) => {
      const { organizationId } = await openOrganization(request, dependencies, request.params.org_id);
      await store.execute('deleteModel', { organizationId, id: request.params.id.toLowerCase() });
      return reply.code(204).send(null);
    },
  );

  app.post(
    `${path}/:id/test`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'testModel',
        summary: 'Call a model for one token',
        params: ModelParams,
        response: answers(ModelTestResult, 'Whether it answered.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      return await dependencies.testModel(await get(scope, request.params.id));
    },
  );
}
