/** `/organizations` */
import type { Static } from 'typebox';
import { notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import { findOrganization, listOrganizations } from '../../../store/queries/organizations.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { PageQuery, pageById, pageOf, toPageResource } from '../page.ts';
import { adminPath, createdAnswer, OrganizationParams, organizationPath, refusals, tags } from '../schema.ts';
import {
  CreateOrganizationBody,
  ErasedOrganization,
  Organization,
  toOrganizationResource,
  UpdateOrganizationBody,
} from './schema.ts';

export function organizationRoutes({ store, erasure, now }: AdminDependencies): readonly Route[] {
  async function get(organizationId: string): Promise<Static<typeof Organization>> {
    const record = await findOrganization(store.reads, organizationId);
    if (record === undefined) throw notFound('organization');
    return toOrganizationResource(record);
  }

  return [
    route({
      method: 'POST',
      path: '/organizations',
      access: 'operator',
      schema: {
        tags,
        operationId: 'createOrganization',
        summary: 'Make an organization (operator)',
        body: CreateOrganizationBody,
        response: { 201: createdAnswer(answer('The new organization.', Organization)), ...refusals },
      },
      async handler(request, reply) {
        const { result } = await store.changeOnce(request, 'createOrganization', {
          id: newId(),
          name: request.body.name,
          now: now(),
        });
        reply.code(201).header('Location', `${adminPath}/organizations/${result.id}`);
        return get(result.id);
      },
    }),
    route({
      method: 'GET',
      path: '/organizations',
      access: 'administrator',
      schema: {
        tags,
        operationId: 'listOrganizations',
        summary: 'The organizations that the credential administers',
        querystring: PageQuery,
        response: {
          200: answer('A page of organizations, oldest first.', pageOf('OrganizationList', Organization)),
          ...refusals,
        },
      },
      async handler({ scope, query }) {
        const page = await listOrganizations(store.reads, scope, pageById(query));
        return toPageResource(page, toOrganizationResource);
      },
    }),
    route({
      method: 'GET',
      path: organizationPath,
      access: 'organization-admin',
      schema: {
        tags,
        operationId: 'getOrganization',
        summary: 'An organization',
        params: OrganizationParams,
        response: { 200: answer('The organization.', Organization), ...refusals },
      },
      handler: ({ scope }) => get(scope.organizationId),
    }),
    route({
      method: 'PATCH',
      path: organizationPath,
      access: 'organization-admin',
      schema: {
        tags,
        operationId: 'updateOrganization',
        summary: 'Change an organization',
        params: OrganizationParams,
        body: UpdateOrganizationBody,
        response: { 200: answer('The changed organization.', Organization), ...refusals },
      },
      async handler(request) {
        const { organizationId } = request.scope;
        const { name, default_model_id } = request.body;
        await store.change(request, 'updateOrganization', {
          organizationId,
          name,
          defaultModelId: default_model_id?.toLowerCase() ?? default_model_id,
          now: now(),
        });
        return get(organizationId);
      },
    }),
    route({
      method: 'DELETE',
      path: organizationPath,
      access: 'organization-operator',
      schema: {
        tags,
        operationId: 'deleteOrganization',
        summary: 'Delete an organization with all of its data (operator)',
        params: OrganizationParams,
        response: { 200: answer('How much was deleted.', ErasedOrganization), ...refusals },
      },
      handler: (request) => erasure.organization(request.scope, request),
    }),
  ];
}
