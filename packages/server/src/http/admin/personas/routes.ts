/** `/organizations/{org_id}/personas` */
import type { Static } from 'typebox';
import { notFound } from '../../../domain/errors.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { findPersona, listPersonas } from '../../../store/queries/personas.ts';
import { normalizeNewlines } from '../../request/json-body.ts';
import { type AdminApp, claimOf, openOrganization, timeOf } from '../access.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { pageByNumber, toPageResource } from '../page.ts';
import { answers, created, deleted, OrganizationParams, PageQuery, pageOf } from '../schema.ts';
import { CreatePersonaBody, Persona, PersonaParams, toPersonaResource, UpdatePersonaBody } from './schema.ts';

/** @throws AppError not_found */
export async function getPersona(
  { store }: AdminDependencies,
  scope: OrganizationScope,
  id: number,
): Promise<Static<typeof Persona>> {
  const record = await findPersona(store.reads, scope, { id });
  if (record === undefined) throw notFound('persona');
  return toPersonaResource(record);
}

export function personaRoutes(app: AdminApp, dependencies: AdminDependencies): void {
  const { store } = dependencies;
  const path = '/organizations/:org_id/personas';

  app.post(
    path,
    {
      schema: {
        tags: ['admin'],
        operationId: 'createPersona',
        summary: 'Make a persona, without a version yet',
        params: OrganizationParams,
        body: CreatePersonaBody,
        response: created(Persona, 'The new persona.'),
      },
    },
    async (request, reply) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const { organizationId } = scope;
      const { name, alias, description } = request.body;
      const { result } = await store.executeOnce(
        'createPersona',
        {
          organizationId,
          name,
          alias,
          description: typeof description === 'string' ? normalizeNewlines(description) : null,
          now: timeOf(dependencies),
        },
        claimOf(request, dependencies),
      );
      reply
        .code(201)
        .header('Location', `${app.prefix}/organizations/${organizationId}/personas/${result.id}`);
      return await getPersona(dependencies, scope, result.id);
    },
  );

  app.get(
    path,
    {
      schema: {
        tags: ['admin'],
        operationId: 'listPersonas',
        summary: 'The personas of an organization',
        params: OrganizationParams,
        querystring: PageQuery,
        response: answers(pageOf('PersonaList', Persona), 'A page of personas, oldest first.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      return toPageResource(
        await listPersonas(store.reads, scope, pageByNumber(request.query)),
        toPersonaResource,
      );
    },
  );

  app.get(
    `${path}/:id`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'getPersona',
        summary: 'A persona',
        params: PersonaParams,
        response: answers(Persona, 'The persona.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      return await getPersona(dependencies, scope, request.params.id);
    },
  );

  app.patch(
    `${path}/:id`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'updatePersona',
        summary: 'Change name, alias or description of a persona',
        params: PersonaParams,
        body: UpdatePersonaBody,
        response: answers(Persona, 'The changed persona.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const { id } = request.params;
      const { description, ...changes } = request.body;
      await store.execute('updatePersona', {
        organizationId: scope.organizationId,
        id,
        changes: {
          ...changes,
          ...(description !== undefined && { description: description && normalizeNewlines(description) }),
        },
        now: timeOf(dependencies),
      });
      return await getPersona(dependencies, scope, id);
    },
  );

  app.delete(
    `${path}/:id`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'deletePersona',
        summary: 'Delete a persona with its versions',
        params: PersonaParams,
        response: deleted(),
      },
    },
    async (request, reply) => {
      const { organizationId } = await openOrganization(request, dependencies, request.params.org_id);
      await store.execute('deletePersona', { organizationId, id: request.params.id });
      return reply.code(204).send(null);
    },
  );
}
