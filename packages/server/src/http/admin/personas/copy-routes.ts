/** Copies of personas, within an organization and, as files, between organizations and servers. */
import { creatorOf } from '../../../auth/principal.ts';
import { notFound } from '../../../domain/errors.ts';
import type { ModelRecord } from '../../../domain/model.ts';
import type { PersonaRecord } from '../../../domain/persona.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import { listModels } from '../../../store/queries/models.ts';
import { findPersona, findVersion, type PersonaVersion } from '../../../store/queries/personas.ts';
import { answer } from '../../openapi/answers.ts';
import { messageBodyLimit } from '../../openapi/fields.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import {
  createdAnswer,
  locationOf,
  OrganizationParams,
  organizationPath,
  refusals,
  tags,
} from '../schema.ts';
import { copyOf, DuplicateBody, fromFile, PersonaFile, toFile } from './file.ts';
import { getPersona } from './routes.ts';
import { Persona, PersonaParams } from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/personas`;
const modelsAtOnce = 1000;

interface Whole {
  readonly persona: PersonaRecord;
  readonly active: PersonaVersion | undefined;
  readonly next: PersonaVersion | undefined;
}

export function personaCopyRoutes({ store, now }: AdminDependencies): readonly Route[] {
  /** @throws AppError not_found */
  async function findWhole(scope: OrganizationScope, id: number): Promise<Whole> {
    const persona = await findPersona(store.reads, scope, { id });
    if (persona === undefined) throw notFound('persona');
    const version = async (number: number | null): Promise<PersonaVersion | undefined> =>
      number === null ? undefined : findVersion(store.reads, scope, { personaId: id, version: number });
    return {
      persona,
      active: await version(persona.activeVersion),
      next: await version(persona.nextVersion),
    };
  }

  /** All of the organization, the oldest first. */
  async function findModels(scope: OrganizationScope): Promise<ReadonlyMap<string, ModelRecord>> {
    const models = new Map<string, ModelRecord>();
    for (let after: string | undefined; ; ) {
      const page = await listModels(store.reads, scope, { limit: modelsAtOnce, ...(after && { after }) });
      for (const model of page.data) models.set(model.id, model);
      if (page.next === null) return models;
      after = page.next;
    }
  }

  return [
    route({
      method: 'POST',
      path: `${path}/:id/duplicate`,
      access,
      schema: {
        tags,
        operationId: 'duplicatePersona',
        summary: 'Copy a persona under another alias',
        description: 'The version in production and the draft are copied, earlier ones are not.',
        params: PersonaParams,
        body: DuplicateBody,
        response: { 201: createdAnswer(answer('The copy.', Persona)), ...refusals },
      },
      async handler(request, reply) {
        const { scope, params, body } = request;
        const { persona, active, next } = await findWhole(scope, params.id);
        const { result } = await store.changeOnce(request, 'importPersona', {
          organizationId: scope.organizationId,
          name: body.name ?? persona.name,
          alias: body.alias,
          description: persona.description,
          active: active === undefined ? null : copyOf(active),
          next: next === undefined ? null : copyOf(next),
          createdBy: creatorOf(request.caller),
          now: now(),
        });
        reply.code(201).header('Location', locationOf(scope, 'personas', result.id));
        return getPersona({ store }, scope, result.id);
      },
    }),
    route({
      method: 'GET',
      path: `${path}/:id/export`,
      access,
      schema: {
        tags,
        operationId: 'exportPersona',
        summary: 'A persona as a file for `import`',
        description:
          'With the version in production and the draft, without earlier ones. Models are named by their provider and name, so that another organization finds its own.',
        params: PersonaParams,
        response: { 200: answer('The persona.', PersonaFile), ...refusals },
      },
      async handler({ scope, params }) {
        const { persona, active, next } = await findWhole(scope, params.id);
        return toFile(persona, active, next, await findModels(scope));
      },
    }),
    route({
      method: 'POST',
      path: `${path}/import`,
      access,
      bodyLimit: messageBodyLimit,
      schema: {
        tags,
        operationId: 'importPersona',
        summary: 'Make a persona from a file of `export`',
        description:
          'What is `active` in the file is in production at once. A model is found by its id, else by its provider and name.',
        params: OrganizationParams,
        body: PersonaFile,
        response: { 201: createdAnswer(answer('The new persona.', Persona)), ...refusals },
      },
      async handler(request, reply) {
        const { scope, body } = request;
        const { name, alias, description, active, next } = body;
        const models = await findModels(scope);
        const { result } = await store.changeOnce(request, 'importPersona', {
          organizationId: scope.organizationId,
          name,
          alias,
          description: typeof description === 'string' ? normalizeNewlines(description) : null,
          active: active ? fromFile(active, 'active', models) : null,
          next: next ? fromFile(next, 'next', models) : null,
          createdBy: creatorOf(request.caller),
          now: now(),
        });
        reply.code(201).header('Location', locationOf(scope, 'personas', result.id));
        return getPersona({ store }, scope, result.id);
      },
    }),
  ];
}
