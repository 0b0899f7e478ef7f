/** `/v1/models`: the active models of the organization, and its personas. */
import { AppError } from '../../../../domain/errors.ts';
import { type GrantedRequest, type Route, route } from '../../../routing/route.ts';
import type { DialectDependencies } from '../../dialect-module.ts';
import { reading } from '../access.ts';
import { OpenAiError } from '../errors.ts';
import * as documentation from './documentation.ts';
import { listedModels } from './list.ts';

export function modelRoutes({ store }: DialectDependencies): readonly Route[] {
  const all = ({ caller }: GrantedRequest<'conversation'>) => listedModels(store.reads, caller);
  return [
    route({
      ...reading,
      path: '/v1/models',
      schema: documentation.listModels,
      handler: async (request) => ({ object: 'list' as const, data: [...(await all(request))] }),
    }),
    route({
      ...reading,
      // Names of models may have slashes in them.
      path: '/v1/models/*',
      schema: documentation.getModel,
      async handler(request) {
        const { '*': id } = request.params;
        const found = (await all(request)).find((model) => model.id === id);
        if (found === undefined)
          throw new OpenAiError('model_not_found', `the model ${JSON.stringify(id)} does not exist`, 'model');
        return found;
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/models/*',
      access: 'conversation',
      schema: documentation.deleteModel,
      async handler() {
        throw new AppError('forbidden', 'models are administered under /api/admin');
      },
    }),
  ];
}
