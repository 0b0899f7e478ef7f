/** The life of a persona's versions: put the draft, submit it, roll back, look at the history. */

import { notFound } from '../../../domain/errors.ts';
import { findPersona, listVersions } from '../../../store/queries/personas.ts';
import { normalizeNewlines } from '../../request/json-body.ts';
import { type AdminApp, claimOf, openOrganization, timeOf } from '../access.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { pageByNumber, toPageResource } from '../page.ts';
import { answers, PageQuery, pageOf } from '../schema.ts';
import { getPersona } from './routes.ts';
import { Persona, PersonaParams, RevisionBody, RollbackBody, toVersionResource, Version } from './schema.ts';

export function personaVersionRoutes(app: AdminApp, dependencies: AdminDependencies): void {
  const { store } = dependencies;
  const path = '/organizations/:org_id/personas/:id';

  app.put(
    `${path}/next`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'putNextVersion',
        summary: 'Make a new version of a persona, the draft',
        params: PersonaParams,
        body: RevisionBody,
        response: answers(Persona, 'The persona; `next_version` is the new draft.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const { id } = request.params;
      const { body } = request;
      await store.execute('putNextVersion', {
        organizationId: scope.organizationId,
        id,
        revision: {
          system_prompt: normalizeNewlines(body.system_prompt),
          model_id: body.model_id.toLowerCase(),
          temperature: body.temperature ?? null,
          top_p: body.top_p ?? null,
          max_tokens: body.max_tokens ?? null,
          stop: body.stop ? JSON.stringify(body.stop.map(normalizeNewlines)) : null,
          seed: body.seed ?? null,
          internet: body.internet ? 1 : 0,
        },
        now: timeOf(dependencies),
      });
      return await getPersona(dependencies, scope, id);
    },
  );

  app.post(
    `${path}/submit`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'submitPersona',
        summary: 'Put the draft of a persona into production',
        params: PersonaParams,
        response: answers(Persona, 'The persona; what was `next` is `active`.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const { id } = request.params;
      await store.executeOnce(
        'submitPersona',
        { organizationId: scope.organizationId, id, now: timeOf(dependencies) },
        claimOf(request, dependencies),
      );
      return await getPersona(dependencies, scope, id);
    },
  );

  app.post(
    `${path}/rollback`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'rollbackPersona',
        summary: 'Put an earlier version of a persona into production; the draft stays',
        params: PersonaParams,
        body: RollbackBody,
        response: answers(Persona, 'The persona; the version is `active`.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const { id } = request.params;
      await store.executeOnce(
        'rollbackPersona',
        {
          organizationId: scope.organizationId,
          id,
          version: request.body.version,
          now: timeOf(dependencies),
        },
        claimOf(request, dependencies),
      );
      return await getPersona(dependencies, scope, id);
    },
  );

  app.get(
    `${path}/versions`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'listPersonaVersions',
        summary: 'The versions of a persona',
        params: PersonaParams,
        querystring: PageQuery,
        response: answers(pageOf('PersonaVersionList', Version), 'A page of versions, newest first.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const { id } = request.params;
      if ((await findPersona(store.reads, scope, { id })) === undefined) throw notFound('persona');
      return toPageResource(
        await listVersions(store.reads, scope, id, pageByNumber(request.query)),
        toVersionResource,
      );
    },
  );
}
