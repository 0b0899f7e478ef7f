/** `/server-settings`: what was decided when the server was started; and a search, to see whether its engine answers. */

import { AppError, invalid } from '../../../domain/errors.ts';
import { isBlank } from '../../../domain/text/blank.ts';
import { oneAtATime } from '../../../limits/one-at-a-time.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { refusals, tags } from '../schema.ts';
import { SearchTrialBody, SearchTrialResource, ServerSettings, toServerSettings, toTrial } from './schema.ts';

const path = '/server-settings';
const access = 'operator';

export function serverSettingsRoutes(dependencies: AdminDependencies): readonly Route[] {
  const { store, serverFacts, signInFacts, trySearch } = dependencies;
  const alone = oneAtATime(() => new AppError('conflict', 'a search is being tried; wait for its end'));
  return [
    route({
      method: 'GET',
      path,
      access,
      schema: {
        tags,
        operationId: 'getServerSettings',
        summary: 'What the environment has set for the server (operator)',
        description:
          'Read only: it is changed where the server is started. Of secrets it only tells whether they are set, and addresses are without credentials and queries.',
        response: { 200: answer('What is set.', ServerSettings), ...refusals },
      },
      handler: async (request) => toServerSettings(serverFacts, signInFacts?.(request)),
    }),
    route({
      method: 'POST',
      path: `${path}/search-test`,
      access,
      schema: {
        tags,
        operationId: 'testSearch',
        summary: 'Search the web, to see whether the engine answers (operator)',
        description:
          'By the engine that answers from the internet use, for at most 10 seconds. One at a time on each server. What the engine fails with is in the answer.',
        body: SearchTrialBody,
        response: { 200: answer('What was found.', SearchTrialResource), ...refusals },
      },
      async handler(request) {
        const { query } = request.body;
        if (isBlank(query)) throw invalid('query', 'query must not be blank');
        if (trySearch === undefined) {
          throw new AppError('conflict', 'only a running server searches; start it, and then try this again');
        }
        return alone(async () => {
          const { engine } = serverFacts.search;
          await store.note(request, 'search.test', { kind: 'server', id: null }, { engine });
          return toTrial(await trySearch(query));
        });
      },
    }),
  ];
}
