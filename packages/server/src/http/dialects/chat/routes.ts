/** `/api/chat`: tokens for end users, and turns with a persona, with and without a stream. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { requireApiKey } from '../../../auth/permissions.ts';
import { AppError, invalid, notFound } from '../../../domain/errors.ts';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import type { AcceptedGeneration } from '../../../generation/interface.ts';
import type { TurnRequestTarget } from '../../../generation/turn.ts';
import { findSession } from '../../../store/queries/sessions.ts';
import type { AppPlugin } from '../../openapi/route-plugin.ts';
import { authenticate, conversationPrincipalOf } from '../../request/authentication.ts';
import { idempotencyClaim } from '../../request/idempotency.ts';
import { lastEventId } from '../../streaming/cursor.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import * as documentation from './documentation.ts';
import {
  type ChatPrincipal,
  checkSessionPersona,
  resolveRevision,
  selectedPersonaId,
} from './persona-selector.ts';
import { ChatEventSchema, type CompletionBody, type ContinuationBody } from './schema.ts';

type Completion = Static<typeof CompletionBody>;
type Continuation = Static<typeof ContinuationBody>;

export function chatRoutes({ store, authenticator, turns, now }: DialectDependencies): AppPlugin {
  /** A new session with a persona. */
  async function complete(request: FastifyRequest, body: Completion): Promise<AcceptedGeneration> {
    const principal = chatPrincipalOf(request);
    const persona = await resolveRevision(store.reads, principal, body.persona);
    const text = normalizeNewlines(body.message);
    return accept(request, principal, body, { kind: 'new-conversation', persona, text });
  }

  /** Another turn of a session. */
  async function continueSession(request: FastifyRequest, body: Continuation): Promise<AcceptedGeneration> {
    const principal = chatPrincipalOf(request);
    const sessionId = sessionOf(body);
    const selected = await selectedPersonaId(store.reads, principal, body.persona);
    const session = await findSession(store.reads, principal.scope, sessionId);
    if (session === undefined) throw notFound('session');
    checkSessionPersona(principal, session, selected);
    const text = normalizeNewlines(body.message);
    return accept(request, principal, body, { kind: 'session', sessionId: session.id, text });
  }

  function accept(
    request: FastifyRequest,
    principal: ChatPrincipal,
    body: Completion,
    target: TurnRequestTarget,
  ): Promise<AcceptedGeneration> {
    return turns.accept(request, principal, {
      target,
      dialect: 'chat',
      whenBusy: body.when_busy ?? 'reject',
      ...(body.max_tokens !== undefined && { maxTokens: body.max_tokens }),
    });
  }

  async function answer(accepted: AcceptedGeneration) {
    const { text, usage, finishReason } = await turns.answer(accepted);
    return {
      session_id: accepted.sessionId,
      message_id: accepted.answerMessageId,
      response: text,
      usage,
      finish_reason: finishReason,
    };
  }

  /** A repeated POST with a `Last-Event-ID` is a reconnect, which is decided before its body is validated. */
  async function reconnect(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (lastEventId(request) === undefined) return undefined;
    const { scope } = chatPrincipalOf(request);
    const session = givenSession(request.body);
    return turns.reconnect(request, reply, {
      scope,
      dialect: 'chat',
      check({ sessionId }) {
        if (session !== undefined && session !== sessionId) {
          throw invalid('session', 'the generation of Last-Event-ID belongs to another session');
        }
      },
    });
  }

  return async (app) => {
    app.addSchema(ChatEventSchema);
    app.addHook('onRequest', authenticate({ authenticator }));

    app.post('/get_token', { schema: documentation.getToken }, async (request) => {
      const principal = conversationPrincipalOf(request);
      requireApiKey(principal);
      const persona = await resolveRevision(store.reads, principal, request.body.persona);
      const { token, expiresAt } = await authenticator.issueEndUserToken(
        principal,
        { userId: request.body.user_id, persona },
        idempotencyClaim(request, principal, now()),
      );
      return { token, expires_at: expiresAt };
    });

    app.post(
      '/completion/stream',
      { schema: documentation.completionStream, preValidation: reconnect },
      async (request, reply) => turns.stream(reply, 'chat', await complete(request, request.body)),
    );
    app.post(
      '/continuation/stream',
      { schema: documentation.continuationStream, preValidation: reconnect },
      async (request, reply) => turns.stream(reply, 'chat', await continueSession(request, request.body)),
    );
    app.post('/completion', { schema: documentation.completion }, async (request, reply) =>
      reply.send(await answer(await complete(request, request.body))),
    );
    app.post('/continuation', { schema: documentation.continuation }, async (request, reply) =>
      reply.send(await answer(await continueSession(request, request.body))),
    );
  };
}

/** @throws AppError forbidden for members, who talk in the other dialects */
function chatPrincipalOf(request: FastifyRequest): ChatPrincipal {
  const principal = conversationPrincipalOf(request);
  if (principal.kind === 'api-key' || principal.kind === 'end-user') return principal;
  throw new AppError('forbidden', "the chat API takes an API key, or an end user's token from get_token");
}

/** @throws AppError invalid_request */
function sessionOf(body: Continuation): string {
  const session = body.session ?? body.session_id;
  if (session === undefined) throw invalid('session', 'session is required');
  if (body.session_id !== undefined && session.toLowerCase() !== body.session_id.toLowerCase()) {
    throw invalid('session_id', 'session and session_id name two different sessions');
  }
  return session.toLowerCase();
}

/** The session of a body that was not validated. */
function givenSession(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { session, session_id: sessionId } = body as { session?: unknown; session_id?: unknown };
  const given = session ?? sessionId;
  return typeof given === 'string' ? given.toLowerCase() : undefined;
}
