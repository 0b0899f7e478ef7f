/** `/api/llm/list` and `/api/org/list`: what the conversation dialect's users choose from. */
import type { ConversationPrincipal } from '../../../auth/principal.ts';
import type { ModelRecord } from '../../../domain/model.ts';
import { pageActiveModels } from '../../../store/queries/models.ts';
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
      const isShown = await shownTo(store.reads, caller);
      return sendList(reply, {
        async read(last: ModelRecord | undefined) {
          for (let after = last; ; ) {
            const models = await pageActiveModels(store.reads, scope, after, modelsAtOnce);
            const shown = models.filter(isShown);
            if (shown.length > 0 || models.length === 0) return shown;
            after = models.at(-1);
          }
        },
        toResource: ({ id, name, provider, model, contextWindow }) => ({
          id,
          name,
          provider,
          model,
          context_window: contextWindow,
          is_default: organization?.defaultModelId === id,
        }),
      });
    },
  });
}

/** An end user's token shows the model of its persona only. */
async function shownTo(
  reads: Database,
  caller: ConversationPrincipal,
): Promise<(model: { readonly id: string }) => boolean> {
  if (caller.kind !== 'end-user') return () => true;
  const { scope, personaId, personaVersion } = caller;
  if (personaId === null || personaVersion === null) return () => false;
  const revision = await findRevision(reads, scope, personaId, personaVersion);
  return ({ id }) => id === revision?.modelId;
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
