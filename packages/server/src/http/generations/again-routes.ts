/** Answers a message again: from the start, or continuing the earlier answer. Both answers are kept. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { requireWrite } from '../../auth/permissions.ts';
import { AppError, invalid } from '../../domain/errors.ts';
import { isTerminal, type WhenBusy, whenBusyChoices } from '../../domain/generation.ts';
import type { GenerationEngine, GenerationView } from '../../generation/interface.ts';
import type { Database } from '../../store/store.ts';
import type { Turns } from '../dialects/turns.ts';
import {
  exampleId,
  IdempotencyHeader,
  IdField,
  LastEventIdHeader,
  oneOf,
  streamHeaders,
} from '../openapi/fields.ts';
import { errorResponses } from '../openapi/responses.ts';
import { type GrantedRequest, type Route, route } from '../routing/route.ts';
import { accepts, eventsMediaType } from '../routing/view.ts';
import { lastEventId } from '../streaming/cursor.ts';
import { shownGeneration } from './shown.ts';

export interface GenerationAgainOptions {
  readonly reads: Database;
  readonly engine: GenerationEngine;
  readonly turns: Turns;
}

const WhenBusyField = Type.Optional(
  oneOf(whenBusyChoices, {
    description: 'What happens while the session is still answering.',
    examples: ['reject'],
  }),
);

const params = Type.Object({ id: IdField('The earlier generation.') });
const querystring = Type.Object({ when_busy: WhenBusyField });
const headers = Type.Object({ ...IdempotencyHeader, ...LastEventIdHeader });
const response = {
  200: {
    description:
      'With `Accept: text/event-stream`: the stream of the new generation, in the dialect of the earlier; with `application/vnd.colloquy.events` as `events`.',
    headers: streamHeaders,
    content: {
      'text/event-stream': {
        schema: Type.String({ description: 'Events of the dialect.' }),
        example: `data: {"type":"token","content":"Hello"}\nid: ${exampleId}:4\n\n`,
      },
    },
  },
  201: {
    description: 'The new generation; `Location` names its stream.',
    content: { 'application/json': { schema: Type.Ref('Generation#') } },
  },
  204: { description: '`Last-Event-ID` was the last event: there is nothing more to come.', type: 'null' },
  ...errorResponses(400, 401, 403, 404, 409, 429, 503),
};

/** Guests may call these routes to reconnect, which only reads; starting an answer needs `requireWrite`. */
const shared = {
  method: 'POST',
  access: 'conversation',
  admits: ['anonymous'],
  writes: startsAnswer,
} as const;

export function generationAgainRoutes(options: GenerationAgainOptions): readonly Route[] {
  const { reads, engine, turns } = options;

  async function again(
    request: GrantedRequest<'conversation'>,
    reply: FastifyReply,
    id: string,
    whenBusy: WhenBusy | undefined,
    continues: boolean,
  ): Promise<unknown> {
    const { caller, scope } = request;
    requireWrite(caller);
    const earlier = await engine.get(scope, id);
    if (continues) requireContinuable(earlier);
    const accept = () =>
      turns.accept(request, {
        target: {
          kind: 'message',
          messageId: earlier.replyTo,
          again: true,
          ...(continues && { continueFrom: earlier.messageId }),
        },
        dialect: earlier.dialect,
        whenBusy: whenBusy ?? 'reject',
      });
    if (wantsStream(request)) return turns.stream(request, reply, earlier.dialect, accept);
    const { generationId } = await accept();
    return reply
      .code(201)
      .header('Location', `/api/generations/${generationId}/stream`)
      .send(await shownGeneration(reads, request, await engine.get(scope, generationId)));
  }

  /** A repeated streaming call with a `Last-Event-ID` is a reconnect: it attaches, and starts no new answer. */
  async function reconnect(request: GrantedRequest<'conversation'>, reply: FastifyReply): Promise<unknown> {
    if (startsAnswer(request)) return undefined;
    const { id } = request.params as { readonly id: string };
    const { replyTo: question } = await engine.get(request.scope, id);
    return turns.reconnect(request, reply, {
      check({ replyTo }) {
        if (replyTo !== question) {
          throw invalid('id', 'the generation of Last-Event-ID answers another message');
        }
      },
    });
  }

  return [
    route({
      ...shared,
      path: '/:id/regenerate',
      schema: {
        tags: ['generations'],
        operationId: 'regenerateGeneration',
        summary: 'Answer the same message again',
        description:
          'A new generation for the message that this one answers. Both answers are kept; the newest is the current one.',
        params,
        headers,
        querystring,
        response,
      },
      preHandler: reconnect,
      handler: (request, reply) => again(request, reply, request.params.id, request.query.when_busy, false),
    }),
    route({
      ...shared,
      path: '/:id/continue',
      schema: {
        tags: ['generations'],
        operationId: 'continueGeneration',
        summary: 'Go on from where an answer stopped',
        description:
          'A new generation that begins with the text of this one and goes on from there. For answers that were cancelled, interrupted, failed, or cut at their length.',
        params,
        headers,
        querystring,
        response,
      },
      preHandler: reconnect,
      handler: (request, reply) => again(request, reply, request.params.id, request.query.when_busy, true),
    }),
  ];
}

/** Whether a request starts an answer, by its headers alone; another one attaches to what it names. */
function startsAnswer(request: FastifyRequest): boolean {
  return lastEventId(request) === undefined || !wantsStream(request);
}

function wantsStream(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/event-stream') === true || accepts(request, eventsMediaType);
}

/** @throws AppError conflict */
function requireContinuable(generation: GenerationView): void {
  if (!isTerminal(generation.status)) {
    throw new AppError('conflict', 'the generation has not ended', { generation_id: generation.id });
  }
  if (generation.status === 'done' && generation.finishReason !== 'length') {
    throw new AppError('conflict', 'the answer is complete; it can only be regenerated');
  }
}
