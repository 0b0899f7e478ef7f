/** `/api/llm/list` and `/api/org/list`: what the conversation dialect's users choose from. */
import type { EndUserPrincipal } from '../../../auth/principal.ts';
import type { ModelRecord } from '../../../domain/model.ts';
import { findModel, pageActiveModels } from '../../../store/queries/models.ts';
import { findOrganization } from '../../../store/queries/organizations.ts';
import { findRevision } from '../../../store/queries/personas.ts';
import type { Database } from '../../../store/store.ts';
import { sendList } from '../../answer/json-list.ts';
import { type Route, route } from '../../routing/route.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import * as documentation from './documentation.ts';

/** Models that are read at once: few, since each may have settings of many KiB. */
const modelsAtOnce = 32;

export function modelDirectory({ store }: DialectDependencies): Route {
  return route({
    method: 'GET',
    path: '/api/llm/list',
    access: 'conversation',
    schema: documentation.listModels,
    async handler({ caller, scope }, reply) {
      const organization = await findOrganization(store.reads, scope.organizationId);
      const own = caller.kind === 'end-user' ? await modelsOfToken(store.reads, caller) : undefined;
      return sendList(reply, {
        async read(after: ModelRecord | undefined) {
          if (own === undefined) return pageActiveModels(store.reads, scope, after, modelsAtOnce);
          return after === undefined ? own : [];
        },
        toResource: ({ id, name, provider, model, contextWindow }) => ({
          id,
          name,
          provider,
          model,
          context_window: contextWindow,
          is_default: organization?.defaultModelId === id,
          version: model,
          is_active: true,
          config: {},
        }),
      });
    },
  });
}

/** An end user's token shows the model of its persona only. */
async function modelsOfToken(
  reads: Database,
  { scope, personaId, personaVersion }: EndUserPrincipal,
): Promise<readonly ModelRecord[]> {
  if (personaId === null || personaVersion === null) return [];
  const revision = await findRevision(reads, scope, personaId, personaVersion);
  const model = revision && (await findModel(reads, scope, revision.modelId));
  return model?.isActive === true ? [model] : [];
}

/** The list of organizations. It takes no `org_id`, since clients learn from it which one to send. */
export function organizationDirectory({ store }: DialectDependencies): Route {
  return route({
    method: 'GET',
    path: '/api/org/list',
    access: 'conversation',
    schema: documentation.listOrganizations,
    async handler({ caller, scope }, reply) {
      const organization = await findOrganization(store.reads, scope.organizationId);
      const role = caller.kind === 'member' ? caller.role : null;
      return reply.send(
        organization === undefined ? [] : [{ id: organization.id, name: organization.name, role }],
      );
    },
  });
}
