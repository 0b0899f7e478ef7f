/** `/api/chat`: tokens for end users, and turns with a persona, with and without a stream. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { requireApiKey } from '../../../auth/permissions.ts';
import { accountOf } from '../../../auth/principal.ts';
import { AppError, invalid, notFound } from '../../../domain/errors.ts';
import type { AcceptedGeneration, GenerationEngine } from '../../../generation/interface.ts';
import type { TurnRequestTarget } from '../../../generation/turns/turn.ts';
import { findSession } from '../../../store/queries/sessions.ts';
import type { Store } from '../../../store/store.ts';
import type { AppPlugin } from '../../openapi/route-plugin.ts';
import {
  type AuthenticationOptions,
  authenticate,
  conversationPrincipalOf,
} from '../../request/authentication.ts';
import { idempotencyClaim } from '../../request/idempotency.ts';
import { normalizeNewlines } from '../../request/json-body.ts';
import type { Attach } from '../../streaming/attach.ts';
import { lastEventId } from '../../streaming/cursor.ts';
import { beginning } from '../../streaming/encoder.ts';
import type { StreamGeneration } from '../../streaming/generation-streams.ts';
import { chatCodec, errorOf } from './codec.ts';
import * as documentation from './documentation.ts';
import {
  type ChatPrincipal,
  checkSessionPersona,
  resolveRevision,
  selectedPersonaId,
} from './persona-selector.ts';
import { ChatEventSchema, type CompletionBody, type ContinuationBody } from './schema.ts';

export interface ChatRoutesOptions extends AuthenticationOptions {
  readonly store: Store;
  readonly engine: GenerationEngine;
  readonly streamGeneration: StreamGeneration;
  readonly attach: Attach;
  readonly now: () => number;
}

type Completion = Static<typeof CompletionBody>;
type Continuation = Static<typeof ContinuationBody>;

export function chatRoutes(options: ChatRoutesOptions): AppPlugin {
  const { store, engine, authenticator, streamGeneration, attach, now } = options;

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
    return engine.accept(
      {
        scope: principal.scope,
        target,
        dialect: 'chat',
        whenBusy: body.when_busy ?? 'reject',
        ...(body.max_tokens !== undefined && { maxTokens: body.max_tokens }),
        ...accountOf(principal),
      },
      idempotencyClaim(request, principal, now()),
    );
  }

  function stream(reply: FastifyReply, accepted: AcceptedGeneration): FastifyReply {
    const { generationId, conversationId, sessionId, answerMessageId } = accepted;
    const context = { generationId, conversationId, sessionId, messageId: answerMessageId };
    const from = beginning(chatCodec, context);
    streamGeneration(reply, { context, dialect: 'chat', codec: chatCodec, from });
    return reply;
  }

  async function answer(accepted: AcceptedGeneration) {
    const { text, outcome } = await engine.answer(accepted.generationId);
    if (outcome.status === 'failed' || outcome.status === 'interrupted') throw errorOf(outcome);
    return {
      session_id: accepted.sessionId,
      message_id: accepted.answerMessageId,
      response: text,
      usage: outcome.usage,
      finish_reason: outcome.finish_reason ?? 'stop',
    };
  }

  /** A repeated POST with a `Last-Event-ID` is a reconnect: decided before its body is looked at. */
  async function reconnect(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const cursor = lastEventId(request);
    if (cursor === undefined) return undefined;
    const { scope } = chatPrincipalOf(request);
    const session = givenSession(request.body);
    return attach(reply, {
      scope,
      cursor,
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
      async (request, reply) => stream(reply, await complete(request, request.body)),
    );
    app.post(
      '/continuation/stream',
      { schema: documentation.continuationStream, preValidation: reconnect },
      async (request, reply) => stream(reply, await continueSession(request, request.body)),
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
