/** `/organizations/{org_id}/models` */
import type { Static } from 'typebox';
import { isOperator } from '../../../auth/permissions.ts';
import { notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import type { ModelRecord } from '../../../domain/model.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { dayMs } from '../../../domain/text/time.ts';
import { findModelStates } from '../../../store/queries/model-states.ts';
import { findModel, listModels } from '../../../store/queries/models.ts';
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
import { modelLookRoutes } from './look-routes.ts';
import { CreateModelBody, Model, ModelParams, toModelResource, UpdateModelBody } from './schema.ts';
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

  async function statesOf(scope: OrganizationScope, ids: readonly string[]) {
    return findModelStates(store.reads, scope, ids, now() - dayMs);
  }

  async function show(scope: OrganizationScope, modelId: string): Promise<Static<typeof Model>> {
    const record = await get(scope, modelId);
    return toModelResource(record, (await statesOf(scope, [record.id])).get(record.id));
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
        const { settings, ...written } = await toSettings(body, { id: modelId }, byOperator, dependencies);
        const { result } = await store.changeOnce(request, 'createModel', {
          id: modelId,
          organizationId: scope.organizationId,
          settings: {
            ...settings,
            name: body.name,
            provider: body.provider,
            model: body.model,
          },
          ...written,
          byOperator,
          now: now(),
        });
        reply.code(201).header('Location', locationOf(scope, 'models', result.id));
        return show(scope, result.id);
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
      async handler({ scope, query }) {
        const page = await listModels(store.reads, scope, pageById(query));
        const states = await statesOf(
          scope,
          page.data.map(({ id }) => id),
        );
        return toPageResource(page, (record) => toModelResource(record, states.get(record.id)));
      },
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
      handler: async ({ scope, params }) => show(scope, params.id),
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
      async handler(request) {
        const { caller, scope, params, body } = request;
        const byOperator = isOperator(caller);
        const stored = await get(scope, params.id);
        const target = { id: stored.id, stored };
        const { settings, ...written } = await toSettings(body, target, byOperator, dependencies);
        await store.change(request, 'updateModel', {
          organizationId: scope.organizationId,
          id: stored.id,
          changes: settings,
          ...written,
          byOperator,
          now: now(),
        });
        return show(scope, stored.id);
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
      async handler(request, reply) {
        const { organizationId } = request.scope;
        await store.change(request, 'deleteModel', { organizationId, id: request.params.id.toLowerCase() });
        return reply.code(204).send(null);
      },
    }),
    ...modelLookRoutes(dependencies, get),
  ];
}
