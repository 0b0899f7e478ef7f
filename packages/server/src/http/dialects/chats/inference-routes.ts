/** `/conversations/inference`: the answer to a message over `EventSource`, with and without the internet. */
import type { FastifyReply } from 'fastify';
import { requireWrite } from '../../../auth/permissions.ts';
import { AppError, invalid, notFound } from '../../../domain/errors.ts';
import type { WhenBusy } from '../../../domain/generation.ts';
import type { Scope } from '../../../domain/scope.ts';
import { findNewestAttempt } from '../../../store/queries/attempts.ts';
import { findConversation } from '../../../store/queries/conversations.ts';
import { findMessage, findNewestMessage } from '../../../store/queries/messages.ts';
import { answerStreamHead } from '../../routing/head.ts';
import { type GrantedRequest, type Route, route } from '../../routing/route.ts';
import { viewOf } from '../../routing/view.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import type { Turn } from '../turns.ts';
import { reading } from './access.ts';
import * as documentation from './documentation.ts';

interface Inference {
  /** Id of a message or of a chat. */
  readonly id: string;
  readonly whenBusy: WhenBusy | undefined;
  readonly internet: boolean;
}

export function inferenceRoutes({ store, turns, attach }: DialectDependencies): readonly Route[] {
  /** Finds the Human message to answer. @throws AppError not_found, invalid_request (`id` is an Assistant message) */
  async function findQuestion(scope: Scope, id: string): Promise<string> {
    const message = await findMessage(store.reads, scope, id);
    if (message !== undefined) {
      if (message.role === 'user') return message.id;
      throw new AppError('invalid_request', 'only a Human message can be answered');
    }
    const chat = await findConversation(store.reads, scope, id);
    if (chat === undefined) throw notFound('conversation');
    const newest = await findNewestMessage(store.reads, scope, chat.id, 'user');
    if (newest === undefined) throw notFound('a Human message in the chat');
    return newest.id;
  }

  async function infer(
    request: GrantedRequest<'conversation'>,
    reply: FastifyReply,
    { id, whenBusy = 'reject', internet }: Inference,
  ): Promise<FastifyReply> {
    const { caller, scope } = request;
    const messageId = await findQuestion(scope, id);
    const existing = await findNewestAttempt(store.reads, scope, messageId);
    // An existing answer is also shown to guests, during a shutdown, and when its model is not available.
    if (existing !== undefined)
      return attach(reply, { scope, generationId: existing.id, view: viewOf(request, 'chats') });
    requireWrite(caller);
    const turn: Turn = {
      target: { kind: 'message', messageId, again: false },
      dialect: 'chats',
      whenBusy,
      ...(internet && { internet: true }),
    };
    if (request.method === 'HEAD') {
      await turns.permit(request, turn);
      return answerStreamHead(reply);
    }
    return turns.stream(request, reply, 'chats', () => turns.accept(request, turn));
  }

  /** A `Last-Event-ID` is a reconnect, which is decided before path and query are validated. */
  async function reconnect(request: GrantedRequest<'conversation'>, reply: FastifyReply): Promise<unknown> {
    const { id } = request.params as { readonly id: string };
    return turns.reconnect(request, reply, {
      dialect: 'chats',
      check({ replyTo, conversationId }) {
        if (![replyTo, conversationId].includes(id.toLowerCase())) {
          throw invalid('id', 'the generation of Last-Event-ID answers another message or chat');
        }
      },
    });
  }

  return [
    route({
      ...reading,
      path: '/conversations/inference/:id',
      schema: documentation.inference,
      preValidation: reconnect,
      handler: async (request, reply) =>
        infer(request, reply, {
          id: request.params.id,
          whenBusy: request.query.when_busy,
          internet: false,
        }),
    }),
    route({
      ...reading,
      path: '/conversations/inference_internet/:id',
      schema: documentation.inferenceInternet,
      preValidation: reconnect,
      handler: async (request, reply) =>
        infer(request, reply, {
          id: request.params.id,
          whenBusy: request.query.when_busy,
          internet: true,
        }),
    }),
  ];
}
