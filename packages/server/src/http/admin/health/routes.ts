/** `/health` */
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { refusals, tags } from '../schema.ts';
import { HealthResource, toHealthResource } from './schema.ts';

export function healthRoutes({ health }: AdminDependencies): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/health',
      access: 'operator',
      isEssential: true,
      schema: {
        tags,
        operationId: 'getServerHealth',
        summary: 'How the server is (operator)',
        description:
          'Its store, bus, replicas, streams, commits, providers, disk and load. It answers while the store is away, too.',
        response: { 200: answer('How it is.', HealthResource), ...refusals },
      },
      handler: async () => toHealthResource(await health()),
    }),
  ];
}
