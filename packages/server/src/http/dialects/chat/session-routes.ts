/** `/api/chat/sessions` and `/api/chat/persona`: what an end user has said, and whom they talk to. */
import type { ApiKeyPrincipal, EndUserPrincipal } from '../../../auth/principal.ts';
import { invalid, notFound } from '../../../domain/errors.ts';
import { isUuid } from '../../../domain/ids.ts';
import type { SessionRecord } from '../../../domain/session.ts';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import { toTime } from '../../../domain/text/time.ts';
import { findPublicRevision } from '../../../store/queries/personas.ts';
import { findSession } from '../../../store/queries/sessions.ts';
import { readRunning } from '../../../store/queries/threads.ts';
import { pageUserSessions, type UserSession } from '../../../store/queries/user-sessions.ts';
import { type GrantedRequest, type Route, route } from '../../routing/route.ts';
import { metadataFilter } from '../../threads/metadata.ts';
import { sendThread } from '../../threads/thread.ts';
import { cancelAndDelete } from '../cancel-and-delete.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import { resolveRevision } from '../persona-selector.ts';
import * as documentation from './documentation.ts';
import { findUser } from './me-routes.ts';

const access = 'key-or-end-user';

/** Matches of a search that are looked at, the best. */
const maxMatches = 200;

type Caller = ApiKeyPrincipal | EndUserPrincipal;
type UserRequest = GrantedRequest<'key-or-end-user'>;

function toResource({ id, conversationId, title, updatedAt, running }: UserSession) {
  return { session_id: id, conversation_id: conversationId, title, updated_at: toTime(updatedAt), running };
}

/** A token goes on with the sessions of its persona only, and so lists no others. */
function personaOf(caller: Caller): { readonly personaId?: number | null } {
  return caller.kind === 'end-user' ? { personaId: caller.personaId } : {};
}

export function userSessionRoutes({ store, engine, now }: DialectDependencies): readonly Route[] {
  const { reads } = store;

  /** A session of the user. @throws AppError not_found */
  async function sessionOf(
    { caller, scope }: UserRequest,
    id: string,
    userId: string | undefined,
  ): Promise<SessionRecord> {
    const user = await findUser(reads, caller, userId);
    const session = await findSession(reads, scope, id);
    if (session === undefined || session.endUserId !== user.id) throw notFound('session');
    const isOthers =
      caller.kind === 'end-user' && session.personaId !== null && session.personaId !== caller.personaId;
    if (isOthers) throw notFound('session');
    return session;
  }

  return [
    route({
      method: 'GET',
      path: '/api/chat/sessions',
      access,
      schema: documentation.listSessions,
      async handler(request) {
        const { caller, scope, query } = request;
        const { limit = 50, cursor, q = '' } = query;
        const user = await findUser(reads, caller, query.user_id);
        if (cursor !== undefined && !isUuid(cursor))
          throw invalid('cursor', 'cursor must be the next_cursor of a page');
        const found =
          q.trim() === '' ? undefined : await store.search(scope, q, { limit: maxMatches, offset: 0 });
        const page = await pageUserSessions(reads, scope, {
          ...{ endUserId: user.id, limit, after: cursor?.toLowerCase(), ...personaOf(caller) },
          conversationIds: found?.map(({ conversation }) => conversation.id),
          metadata: metadataFilter(request, store),
        });
        return { data: page.data.map(toResource), next_cursor: page.next };
      },
    }),
    route({
      method: 'GET',
      path: '/api/chat/sessions/:session_id/messages',
      access,
      schema: documentation.sessionMessages,
      async handler(request, reply) {
        const { caller, scope, params, query } = request;
        const session = await sessionOf(request, params.session_id, query.user_id);
        return sendThread(reply, { reads, engine, caller, scope }, session, query);
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/chat/sessions/:session_id',
      access,
      schema: documentation.renameSession,
      async handler(request) {
        const { scope, params, query, body } = request;
        const session = await sessionOf(request, params.session_id, query.user_id);
        const changes = { title: normalizeNewlines(body.title) };
        const { title } = await store.execute('updateConversation', {
          ...{ scope, id: session.conversationId, changes, now: now() },
        });
        const { id, conversationId, updatedAt } = session;
        return toResource({ id, conversationId, title, updatedAt, running: await readRunning(reads, id) });
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/chat/sessions/:session_id',
      access,
      schema: documentation.deleteSession,
      async handler(request, reply) {
        const { scope, params, query } = request;
        const { id } = await sessionOf(request, params.session_id, query.user_id);
        await cancelAndDelete(engine, { sessionId: id }, () =>
          store.execute('deleteSession', { scope, id, now: now() }),
        );
        return reply.code(204).send(null);
      },
    }),
    route({
      method: 'GET',
      path: '/api/chat/persona',
      access,
      schema: documentation.getOwnPersona,
      async handler({ caller, scope }) {
        const revision = await resolveRevision(reads, caller, undefined);
        const shown = await findPublicRevision(reads, scope, revision);
        if (shown === undefined) throw notFound('persona');
        const { name, alias, greeting, suggestions, internet } = shown;
        return { name, alias, greeting, suggestions: [...suggestions], internet };
      },
    }),
  ];
}
