/** `/api/llm/list` and `/api/org/list`: what the conversation dialect's users choose from. */
import { listActiveModels } from '../../../store/queries/models.ts';
import { findOrganization } from '../../../store/queries/organizations.ts';
import type { AppPlugin } from '../../openapi/route-plugin.ts';
import { authenticate, conversationPrincipalOf } from '../../request/authentication.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import { checkOrganization } from './access.ts';
import * as documentation from './documentation.ts';

export function directoryRoutes({ store, authenticator }: DialectDependencies): AppPlugin {
  return async (app) => {
    app.addHook('onRequest', authenticate({ authenticator }));

    app.get(
      '/llm/list',
      { schema: documentation.listModels, onRequest: checkOrganization },
      async (request, reply) => {
        const { scope } = conversationPrincipalOf(request);
        const organization = await findOrganization(store.reads, scope.organizationId);
        const models = await listActiveModels(store.reads, scope);
        return reply.send(
          models.map(({ id, name, provider, model, contextWindow }) => ({
            id,
            name,
            provider,
            model,
            context_window: contextWindow,
            is_default: organization?.defaultModelId === id,
          })),
        );
      },
    );

    app.get('/org/list', { schema: documentation.listOrganizations }, async (request, reply) => {
      const principal = conversationPrincipalOf(request);
      const organization = await findOrganization(store.reads, principal.scope.organizationId);
      const role = principal.kind === 'member' ? principal.role : null;
      return reply.send(
        organization === undefined ? [] : [{ id: organization.id, name: organization.name, role }],
      );
    });
  };
}
