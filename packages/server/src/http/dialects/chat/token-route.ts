/** `/api/chat/get_token`: tokens for end users. */
import { invalid } from '../../../domain/errors.ts';
import { idempotencyClaim } from '../../request/idempotency.ts';
import { type Route, route } from '../../routing/route.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import { resolveRevision, selectorOf } from '../persona-selector.ts';
import { getToken } from './documentation.ts';

export function tokenRoute({ store, authenticator, now }: DialectDependencies): Route {
  return route({
    method: 'POST',
    path: '/api/chat/get_token',
    access: 'api-key',
    schema: getToken,
    async handler(request) {
      const { caller, body } = request;
      const persona = await resolveRevision(store.reads, caller, selectorOf(body.persona));
      const { token, expiresAt } = await authenticator.issueEndUserToken(
        caller,
        { userId: body.user_id, persona, clientId: clientOf(request.headers['x-client-id'], body.client_id) },
        idempotencyClaim(request, caller, now()),
      );
      return { token, expires_at: expiresAt };
    },
  });
}

/** @throws AppError invalid_request (the header and the body name two clients) */
function clientOf(
  header: string | string[] | undefined,
  given: string | null | undefined,
): string | undefined {
  const named = Array.isArray(header) ? header[0] : header;
  if (named !== undefined && given != null && named !== given)
    throw invalid('client_id', 'client_id and X-Client-Id name two clients');
  return given ?? named;
}
