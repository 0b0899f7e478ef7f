/** `/providers` */
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import { refusals, tags } from '../schema.ts';
import { listProviders, Providers } from './schema.ts';

export function providerRoutes(): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/providers',
      access: 'administrator',
      schema: {
        tags,
        operationId: 'listProviders',
        summary: 'The providers that are known, with what a model of each needs',
        response: { 200: answer('The providers.', Providers), ...refusals },
      },
      handler: async () => ({ data: listProviders() }),
    }),
  ];
}
