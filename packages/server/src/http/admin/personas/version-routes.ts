/** The life of a persona's versions: put the draft, submit it, roll back, look at the history. */

import { creatorOf } from '../../../auth/principal.ts';
import { notFound } from '../../../domain/errors.ts';
import { nameCreators } from '../../../store/queries/creators.ts';
import { findPersona, listVersions } from '../../../store/queries/personas.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { PageQuery, pageByNumber, pageOf, toPageResource } from '../page.ts';
import { organizationPath, refusals, tags } from '../schema.ts';
import { revisionOf } from './revision.ts';
import { getPersona } from './routes.ts';
import { Persona, PersonaParams, RevisionBody, RollbackBody, toVersionResource, Version } from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/personas/:id`;

export function personaVersionRoutes({ store, now }: AdminDependencies): readonly Route[] {
  return [
    route({
      method: 'PUT',
      path: `${path}/next`,
      access,
      schema: {
        tags,
        operationId: 'putNextVersion',
        summary: 'Make a new version of a persona, the draft',
        params: PersonaParams,
        body: RevisionBody,
        response: { 200: answer('The persona; `next_version` is the new draft.', Persona), ...refusals },
      },
      async handler(request) {
        const { scope, body } = request;
        const { id } = request.params;
        await store.change(request, 'putNextVersion', {
          organizationId: scope.organizationId,
          id,
          revision: revisionOf(body),
          createdBy: creatorOf(request.caller),
          now: now(),
        });
        return getPersona({ store }, scope, id);
      },
    }),
    route({
      method: 'POST',
      path: `${path}/submit`,
      access,
      schema: {
        tags,
        operationId: 'submitPersona',
        summary: 'Put the draft of a persona into production',
        params: PersonaParams,
        response: { 200: answer('The persona; what was `next` is `active`.', Persona), ...refusals },
      },
      async handler(request) {
        const { scope } = request;
        const { id } = request.params;
        await store.changeOnce(request, 'submitPersona', {
          organizationId: scope.organizationId,
          id,
          now: now(),
        });
        return getPersona({ store }, scope, id);
      },
    }),
    route({
      method: 'POST',
      path: `${path}/rollback`,
      access,
      schema: {
        tags,
        operationId: 'rollbackPersona',
        summary: 'Put an earlier version of a persona into production; the draft stays',
        params: PersonaParams,
        body: RollbackBody,
        response: { 200: answer('The persona; the version is `active`.', Persona), ...refusals },
      },
      async handler(request) {
        const { scope, body } = request;
        const { id } = request.params;
        await store.changeOnce(request, 'rollbackPersona', {
          organizationId: scope.organizationId,
          id,
          version: body.version,
          now: now(),
        });
        return getPersona({ store }, scope, id);
      },
    }),
    route({
      method: 'GET',
      path: `${path}/versions`,
      access,
      schema: {
        tags,
        operationId: 'listPersonaVersions',
        summary: 'The versions of a persona',
        params: PersonaParams,
        querystring: PageQuery,
        response: {
          200: answer('A page of versions, newest first.', pageOf('PersonaVersionList', Version)),
          ...refusals,
        },
      },
      async handler({ scope, params: { id }, query }) {
        if ((await findPersona(store.reads, scope, { id })) === undefined) throw notFound('persona');
        const page = await listVersions(store.reads, scope, id, pageByNumber(query));
        const creators = page.data.map(({ createdBy }) => createdBy);
        const named = await nameCreators(store.reads, scope, creators);
        return toPageResource(page, (version) => toVersionResource(version, named(version.createdBy)));
      },
    }),
  ];
}
