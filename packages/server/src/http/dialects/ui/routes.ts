/** `/api/ui/chat`: what the AI SDK's `useChat` calls through its `DefaultChatTransport`. */
import type { FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { AppError, notFound } from '../../../domain/errors.ts';
import type { Scope } from '../../../domain/scope.ts';
import type { AcceptedGeneration } from '../../../generation/interface.ts';
import { findConversationOfClient, findMessageOfClient } from '../../../store/queries/client-ids.ts';
import { readLiveGenerations } from '../../../store/queries/generations.ts';
import { findNewestSession } from '../../../store/queries/sessions.ts';
import { newestLeaf } from '../../../store/queries/threads.ts';
import { type GrantedRequest, type Route, route } from '../../routing/route.ts';
import { isNoReconnect, lastEventId } from '../../streaming/cursor.ts';
import { createReasoningRule } from '../../streaming/facts.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import { resolveRevision, selectorOf } from '../persona-selector.ts';
import * as documentation from './documentation.ts';
import { readUiMessages } from './history.ts';
import { readMessages } from './request.ts';
import type { ChatBody } from './schema.ts';
import { TurnFinder } from './turn.ts';

type UiRequest = GrantedRequest<'chat'>;

/** Images lie in the body. */
const bodyLimit = 10 * 1024 * 1024;

export function uiRoutes({ store, turns, attach, engine }: DialectDependencies): readonly Route[] {
  const { reads } = store;

  async function accept(request: UiRequest, body: Static<typeof ChatBody>): Promise<AcceptedGeneration> {
    const { caller, scope } = request;
    const asked = {
      id: body.id,
      trigger: body.trigger ?? 'submit-message',
      messageId: body.messageId ?? undefined,
      request: readMessages(body.messages, body.message),
    };
    const finder = new TurnFinder(reads, scope, async () => ({
      persona: await resolveRevision(reads, caller, selectorOf(body.persona)),
    }));
    let begins = false;
    const tryOnce = (): Promise<AcceptedGeneration> =>
      turns.accept(request, {
        async findTarget() {
          const target = await finder.findTurn(asked);
          begins = target.kind === 'new-conversation';
          return target;
        },
        dialect: 'ui',
        whenBusy: body.when_busy ?? 'interrupt',
        ...(body.max_tokens != null && { maxTokens: body.max_tokens }),
      });
    try {
      return await tryOnce();
    } catch (error) {
      // Another request has begun the chat in the same moment: this one goes on with it.
      if (!begins || !isConflict(error)) throw error;
      return await tryOnce();
    }
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
        const generationId = await liveGeneration(request.scope, request.params.id);
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
        const generationId = await liveGeneration(request.scope, request.params.id);
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
