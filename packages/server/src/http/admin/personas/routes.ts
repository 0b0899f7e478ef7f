/** `/organizations/{org_id}/personas` */

import type { Static } from 'typebox';
import { notFound } from '../../../domain/errors.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import { findPersona, listPersonas } from '../../../store/queries/personas.ts';
import { answer, gone } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { PageQuery, pageByNumber, pageOf, toPageResource } from '../page.ts';
import {
  createdAnswer,
  locationOf,
  OrganizationParams,
  organizationPath,
  refusals,
  tags,
} from '../schema.ts';
import { CreatePersonaBody, Persona, PersonaParams, toPersonaResource, UpdatePersonaBody } from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/personas`;

/** @throws AppError not_found */
export async function getPersona(
  { store }: Pick<AdminDependencies, 'store'>,
  scope: OrganizationScope,
  id: number,
): Promise<Static<typeof Persona>> {
  const record = await findPersona(store.reads, scope, { id });
  if (record === undefined) throw notFound('persona');
  return toPersonaResource(record);
}

export function personaRoutes({ store, now }: AdminDependencies): readonly Route[] {
  return [
    route({
      method: 'POST',
      path,
      access,
      schema: {
        tags,
        operationId: 'createPersona',
        summary: 'Make a persona, without a version yet',
        params: OrganizationParams,
        body: CreatePersonaBody,
        response: { 201: createdAnswer(answer('The new persona.', Persona)), ...refusals },
      },
      async handler(request, reply) {
        const { scope } = request;
        const { name, alias, description } = request.body;
        const { result } = await store.changeOnce(request, 'createPersona', {
          organizationId: scope.organizationId,
          name,
          alias,
          description: typeof description === 'string' ? normalizeNewlines(description) : null,
          now: now(),
        });
        reply.code(201).header('Location', locationOf(scope, 'personas', result.id));
        return getPersona({ store }, scope, result.id);
      },
    }),
    route({
      method: 'GET',
      path,
      access,
      schema: {
        tags,
        operationId: 'listPersonas',
        summary: 'The personas of an organization',
        params: OrganizationParams,
        querystring: PageQuery,
        response: {
          200: answer('A page of personas, oldest first.', pageOf('PersonaList', Persona)),
          ...refusals,
        },
      },
      handler: async ({ scope, query }) =>
        toPageResource(await listPersonas(store.reads, scope, pageByNumber(query)), toPersonaResource),
    }),
    route({
      method: 'GET',
      path: `${path}/:id`,
      access,
      schema: {
        tags,
        operationId: 'getPersona',
        summary: 'A persona',
        params: PersonaParams,
        response: { 200: answer('The persona.', Persona), ...refusals },
      },
      handler: ({ scope, params }) => getPersona({ store }, scope, params.id),
    }),
    route({
      method: 'PATCH',
      path: `${path}/:id`,
      access,
      schema: {
        tags,
        operationId: 'updatePersona',
        summary: 'Change name, alias or description of a persona',
        params: PersonaParams,
        body: UpdatePersonaBody,
        response: { 200: answer('The changed persona.', Persona), ...refusals },
      },
      async handler(request) {
        const { scope } = request;
        const { id } = request.params;
        const { description, ...changes } = request.body;
        await store.change(request, 'updatePersona', {
          organizationId: scope.organizationId,
          id,
          changes: {
            ...changes,
            ...(description !== undefined && { description: description && normalizeNewlines(description) }),
          },
          now: now(),
        });
        return getPersona({ store }, scope, id);
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/:id`,
      access,
      schema: {
        tags,
        operationId: 'deletePersona',
        summary: 'Delete a persona with its versions',
        params: PersonaParams,
        response: { 204: gone, ...refusals },
      },
      async handler(request, reply) {
        const { organizationId } = request.scope;
        await store.change(request, 'deletePersona', { organizationId, id: request.params.id });
        return reply.code(204).send(null);
      },
    }),
  ];
}
