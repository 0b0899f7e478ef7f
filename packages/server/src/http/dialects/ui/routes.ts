/** `/api/ui/chat`: what the AI SDK's `useChat` calls through its `DefaultChatTransport`. */
import type { FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { AppError, notFound } from '../../../domain/errors.ts';
import type { Scope } from '../../../domain/scope.ts';
import type { AcceptedGeneration } from '../../../generation/interface.ts';
import type { TurnRequestTarget } from '../../../generation/turn.ts';
import { findConversationOfClient, findMessageOfClient } from '../../../store/queries/client-ids.ts';
import { readLiveGenerations } from '../../../store/queries/generations.ts';
import { findMessage } from '../../../store/queries/messages.ts';
import { findNewestSession, findSession } from '../../../store/queries/sessions.ts';
import { newestLeaf } from '../../../store/queries/threads.ts';
import { type GrantedRequest, type Route, route } from '../../routing/route.ts';
import { isNoReconnect, lastEventId } from '../../streaming/cursor.ts';
import { createReasoningRule } from '../../streaming/facts.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import { checkSessionPersona, selectedPersonaId, selectorOf } from '../persona-selector.ts';
import { actForUser, lookForUser } from './acting.ts';
import { createBeginnings } from './beginnings.ts';
import * as documentation from './documentation.ts';
import { readUiMessages } from './history.ts';
import { readMessages } from './request.ts';
import type { ChatBody } from './schema.ts';
import { TurnFinder } from './turn.ts';

type UiRequest = GrantedRequest<'chat'>;

/** Images lie in the body. */
const bodyLimit = 10 * 1024 * 1024;

export function uiRoutes(dependencies: DialectDependencies): readonly Route[] {
  const { store, turns, attach, engine, authenticator, now } = dependencies;
  const { reads } = store;

  async function accept(request: UiRequest, body: Static<typeof ChatBody>): Promise<AcceptedGeneration> {
    await actForUser(request, authenticator, body.user);
    const { caller, scope } = request;
    const begins = createBeginnings(request, body, { store, now });
    const asked = {
      id: body.id,
      trigger: body.trigger ?? 'submit-message',
      messageId: body.messageId ?? undefined,
      request: readMessages(body.messages, body.message),
    };
    const finder = new TurnFinder(reads, scope, begins);
    const selected = await selectedPersonaId(reads, caller, selectorOf(body.persona));
    const runsOn = body.model == null ? undefined : await begins.basis();
    let isNew = false;
    const tryOnce = (): Promise<AcceptedGeneration> =>
      turns.accept(request, {
        async findTarget() {
          const target = await finder.findTurn(asked);
          isNew = target.kind === 'new-conversation';
          if (selected !== undefined) await checkPersona(request, target, selected);
          return target;
        },
        dialect: 'ui',
        whenBusy: body.when_busy ?? 'interrupt',
        ...(runsOn !== undefined && { runsOn }),
        ...(body.max_tokens != null && { maxTokens: body.max_tokens }),
      });
    try {
      return await tryOnce();
    } catch (error) {
      // Another request has begun the chat in the same moment: this one goes on with it.
      if (!isNew || !isConflict(error)) throw error;
      return await tryOnce();
    }
  }

  /** A session stays on its persona, which a request may name. @throws AppError invalid_request, not_found */
  async function checkPersona(
    { caller, scope }: UiRequest,
    target: TurnRequestTarget,
    selected: number | null,
  ): Promise<void> {
    if (target.kind === 'new-conversation' || target.kind === 'stateless') return;
    const sessionId =
      target.kind === 'session'
        ? target.sessionId
        : (await findMessage(reads, scope, target.messageId))?.sessionId;
    const session = sessionId && (await findSession(reads, scope, sessionId));
    if (session) checkSessionPersona(caller, session, selected);
  }

  /** A repeated POST with a `Last-Event-ID` is a reconnect. */
  function reconnect(request: UiRequest, reply: FastifyReply): Promise<unknown> {
    mark(reply);
    return turns.reconnect(request, reply, { dialect: 'ui' });
  }

  async function liveGeneration(scope: Scope, id: string): Promise<string | undefined> {
    const conversation = await findConversationOfClient(reads, scope, id);
    return conversation && (await readLiveGenerations(reads, { conversationId: conversation.id }))[0];
  }

  /** The end of the branch that is shown; null: nothing was said. @throws AppError not_found (the message) */
  async function leafOf(conversation: { readonly id: string }, message?: string): Promise<string | null> {
    if (message === undefined) return (await findNewestSession(reads, conversation))?.headMessageId ?? null;
    const through = await findMessageOfClient(reads, conversation, message);
    if (through === undefined) throw notFound('message');
    return newestLeaf(reads, through.sessionId, through.id);
  }

  return [
    route({
      method: 'POST',
      path: '/api/ui/chat',
      access: 'chat',
      bodyLimit,
      schema: documentation.chat,
      writes: isNoReconnect,
      preValidation: reconnect,
      handler: (request, reply) =>
        turns.stream(request, mark(reply), 'ui', () => accept(request, request.body)),
    }),
    route({
      method: 'GET',
      path: '/api/ui/chat/:id/stream',
      access: 'conversation',
      schema: documentation.resume,
      async handler(request, reply) {
        const isThere = await lookForUser(request, dependencies, request.query.user);
        const generationId = isThere ? await liveGeneration(request.scope, request.params.id) : undefined;
        if (generationId === undefined) return reply.code(204).send();
        const cursor = lastEventId(request);
        return attach(mark(reply), {
          scope: request.scope,
          generationId,
          view: 'ui',
          ...(cursor !== undefined && { cursor }),
        });
      },
    }),
    route({
      method: 'GET',
      path: '/api/ui/chat/:id',
      access: 'conversation',
      schema: documentation.history,
      async handler(request) {
        if (!(await lookForUser(request, dependencies, request.query.user))) throw notFound('chat');
        const { caller, scope, query } = request;
        const conversation = await findConversationOfClient(reads, scope, request.params.id);
        if (conversation === undefined) throw notFound('chat');
        const leaf = await leafOf(conversation, query.message);
        if (leaf === null) return [];
        return readUiMessages({
          reads,
          scope,
          conversationId: conversation.id,
          leaf,
          limit: query.limit ?? 200,
          mayReadReasoning: createReasoningRule(reads, scope, caller),
        });
      },
    }),
    route({
      method: 'POST',
      path: '/api/ui/chat/:id/stop',
      access: 'chat',
      isEssential: true,
      schema: documentation.stop,
      async handler(request) {
        const isThere = await lookForUser(request, dependencies, request.query.user);
        const generationId = isThere ? await liveGeneration(request.scope, request.params.id) : undefined;
        if (generationId === undefined) return { generation_id: null, status: null };
        const { id, status } = await engine.cancel(request.scope, generationId);
        return { generation_id: id, status };
      },
    }),
  ];
}

/** The AI SDK knows its stream by this header. */
function mark(reply: FastifyReply): FastifyReply {
  return reply.header('x-vercel-ai-ui-message-stream', 'v1');
}

function isConflict(error: unknown): boolean {
  return error instanceof AppError && error.code === 'conflict';
}
