/** `/conversations/inference`: the answer to a message over `EventSource`, with and without the internet. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requireWrite } from '../../../auth/permissions.ts';
import { AppError, invalid, notFound } from '../../../domain/errors.ts';
import type { WhenBusy } from '../../../domain/generation.ts';
import type { Scope } from '../../../domain/scope.ts';
import { findNewestAttempt } from '../../../store/queries/attempts.ts';
import { findConversation } from '../../../store/queries/conversations.ts';
import { findMessage, findNewestMessage } from '../../../store/queries/messages.ts';
import type { AppPlugin } from '../../openapi/route-plugin.ts';
import { conversationPrincipalOf } from '../../request/authentication.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import * as documentation from './documentation.ts';

interface Inference {
  /** A message's, or a chat's. */
  readonly id: string;
  readonly whenBusy: WhenBusy;
  readonly internet: boolean;
}

export function inferenceRoutes(options: DialectDependencies): AppPlugin {
  const { store, turns, attach } = options;

  /** The user's message that is meant. @throws AppError not_found, invalid_request (an Assistant's) */
  async function findQuestion(scope: Scope, id: string): Promise<string> {
    const message = await findMessage(store.reads, scope, id);
    if (message !== undefined) {
      if (message.role === 'user') return message.id;
      throw new AppError('invalid_request', 'only a Human message is answered');
    }
    const chat = await findConversation(store.reads, scope, id);
    if (chat === undefined) throw notFound('conversation');
    const newest = await findNewestMessage(store.reads, scope, chat.id, 'user');
    if (newest === undefined) throw notFound('a Human message in the chat');
    return newest.id;
  }

  async function infer(
    request: FastifyRequest,
    reply: FastifyReply,
    inference: Inference,
  ): Promise<FastifyReply> {
    const principal = conversationPrincipalOf(request);
    const { scope } = principal;
    const messageId = await findQuestion(scope, inference.id);
    const existing = await findNewestAttempt(store.reads, scope, messageId);
    // What exists is shown to guests too, while the server shuts down, and without asking for its model.
    if (existing !== undefined) return attach(reply, { scope, generationId: existing.id, dialect: 'chats' });
    requireWrite(principal);
    const accepted = await turns.accept(request, principal, {
      target: { kind: 'message', messageId, again: false },
      dialect: 'chats',
      whenBusy: inference.whenBusy,
      ...(inference.internet && { internet: true }),
    });
    return turns.stream(reply, 'chats', accepted);
  }

  /** A `Last-Event-ID` is a reconnect, which is decided before path and query are validated. */
  async function reconnect(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { scope } = conversationPrincipalOf(request);
    const { id } = request.params as { readonly id: string };
    return turns.reconnect(request, reply, {
      scope,
      dialect: 'chats',
      check({ replyTo, conversationId }) {
        if (![replyTo, conversationId].includes(id.toLowerCase())) {
          throw invalid('id', 'the generation of Last-Event-ID answers another message or chat');
        }
      },
    });
  }

  return async (app) => {
    app.get(
      '/inference/:id',
      { schema: documentation.inference, preValidation: reconnect },
      async (request, reply) => {
        const { id } = request.params;
        const whenBusy = request.query.when_busy ?? 'reject';
        return infer(request, reply, { id, whenBusy, internet: false });
      },
    );
    app.get(
      '/inference_internet/:id',
      { schema: documentation.inferenceInternet, preValidation: reconnect },
      async (request, reply) => {
        const { id } = request.params;
        const whenBusy = request.query.when_busy ?? 'reject';
        return infer(request, reply, { id, whenBusy, internet: true });
      },
    );
  };
}
