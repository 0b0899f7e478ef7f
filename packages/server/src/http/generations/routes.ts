/** `/api/generations`: every dialect's generations, to be looked at, streamed again and cancelled. */
import { Type } from 'typebox';
import { requireWrite } from '../../auth/permissions.ts';
import { type Dialect, dialects } from '../../domain/generation.ts';
import { providers } from '../../domain/model.ts';
import type { GenerationEngine, GenerationView } from '../../generation/interface.ts';
import {
  exampleId,
  exampleUsage,
  FinishReasonSchema,
  IdField,
  LastEventIdHeader,
  nullable,
  streamHeaders,
  TimeField,
  toTime,
} from '../openapi/fields.ts';
import { errorCodes, errorResponses } from '../openapi/responses.ts';
import type { AppPlugin } from '../openapi/route-plugin.ts';
import {
  type AuthenticationOptions,
  authenticate,
  conversationPrincipalOf,
} from '../request/authentication.ts';
import type { Attach } from '../streaming/attach.ts';
import { cursorText } from '../streaming/cursor.ts';

const DialectSchema = Type.Unsafe<Dialect>({
  type: 'string',
  enum: [...dialects],
  description: 'A dialect of the API.',
  examples: ['chat'],
});

export const GenerationSchema = Type.Object(
  {
    id: IdField('The generation.'),
    status: Type.Unsafe<GenerationView['status']>({
      type: 'string',
      enum: ['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted'],
      description: 'The last four are final.',
      examples: ['done'],
    }),
    dialect: DialectSchema,
    conversation_id: IdField('The conversation.'),
    session_id: IdField('The session.'),
    message_id: IdField('The answer.'),
    model: Type.Object(
      {
        id: IdField('The model.'),
        name: Type.String({ description: "The model's name here.", examples: ['GPT-5 mini'] }),
        provider: Type.Unsafe<string>({
          type: 'string',
          enum: [...providers],
          description: 'Who runs it.',
          examples: ['openai'],
        }),
      },
      { description: 'The model that answers.' },
    ),
    created_at: TimeField('When it was accepted.'),
    started_at: nullable(TimeField('When the model was asked.')),
    first_token_at: nullable(TimeField('When the answer began.')),
    finished_at: nullable(TimeField('When it ended.')),
    finish_reason: nullable(FinishReasonSchema),
    usage: nullable(Type.Ref('Usage#')),
    error: nullable(
      Type.Object(
        {
          code: Type.Unsafe<string>({ type: 'string', enum: errorCodes, description: 'What went wrong.' }),
          message: Type.String({ description: 'The same for people.', examples: ['the model failed'] }),
        },
        { description: 'Where it failed or was interrupted.' },
      ),
    ),
  },
  { $id: 'Generation', title: 'Generation', description: 'The background job that answers a message.' },
);

const exampleGeneration = {
  id: exampleId,
  status: 'done',
  dialect: 'chat',
  conversation_id: exampleId,
  session_id: exampleId,
  message_id: exampleId,
  model: { id: exampleId, name: 'GPT-5 mini', provider: 'openai' },
  created_at: '2026-11-22T20:30:00.000Z',
  started_at: '2026-11-22T20:30:00.010Z',
  first_token_at: '2026-11-22T20:30:00.300Z',
  finished_at: '2026-11-22T20:30:02.000Z',
  finish_reason: 'stop',
  usage: exampleUsage,
  error: null,
};

/** A generation as the wire shows it. */
export function toGeneration(view: GenerationView) {
  const time = (epochMs: number | null): string | null => (epochMs === null ? null : toTime(epochMs));
  return {
    id: view.id,
    status: view.status,
    dialect: view.dialect,
    conversation_id: view.conversationId,
    session_id: view.sessionId,
    message_id: view.messageId,
    model: view.model,
    created_at: toTime(view.createdAt),
    started_at: time(view.startedAt),
    first_token_at: time(view.firstTokenAt),
    finished_at: time(view.finishedAt),
    finish_reason: view.finishReason,
    usage: view.usage,
    error: view.error,
  };
}

const tags = ['generations'];
const params = Type.Object({ id: IdField('The generation.') });
const generationResponse = {
  description: 'The generation.',
  content: { 'application/json': { schema: Type.Ref('Generation#'), example: exampleGeneration } },
};
const security = [{ apiKey: [] }, { bearerKey: [] }, { bearerToken: [] }, {}];

export interface GenerationRoutesOptions extends AuthenticationOptions {
  readonly engine: GenerationEngine;
  readonly attach: Attach;
}

export function generationRoutes(options: GenerationRoutesOptions): AppPlugin {
  const { engine, attach } = options;
  const onRequest = authenticate(options, { anonymous: true });
  return async (app) => {
    app.addSchema(GenerationSchema);

    app.get(
      '/:id',
      {
        onRequest,
        schema: {
          tags,
          operationId: 'getGeneration',
          summary: 'Look at a generation',
          description: 'Its state, times and usage.',
          security,
          params,
          response: { 200: generationResponse, ...errorResponses(400, 401, 403, 404) },
        },
      },
      async (request, reply) => {
        const { scope } = conversationPrincipalOf(request);
        return reply.send(toGeneration(await engine.get(scope, request.params.id)));
      },
    );

    app.get(
      '/:id/stream',
      {
        onRequest: authenticate(options, { anonymous: true, accessToken: true }),
        schema: {
          tags,
          operationId: 'streamGeneration',
          summary: 'Stream a generation, from the start or from behind an event',
          description:
            'Everything after the event that `Last-Event-ID` (or `after`) names, then what comes live; an ended generation replays whole. The events, their boundaries and ids are always the same.',
          security: [...security, { accessToken: [] }],
          params,
          headers: Type.Object(LastEventIdHeader),
          querystring: Type.Object({
            after: Type.Optional(
              Type.String({
                description: 'As `Last-Event-ID`, which wins.',
                examples: [`${exampleId}:7`],
              }),
            ),
            dialect: Type.Optional(
              Type.Unsafe<Dialect>({
                ...DialectSchema,
                description: 'In which the events come; otherwise the one that it was started in.',
              }),
            ),
          }),
          response: {
            200: {
              description: "Server-sent events, in the dialect's frames.",
              headers: streamHeaders,
              content: {
                'text/event-stream': {
                  schema: Type.String({ description: 'Events of the dialect.' }),
                  example: `data: {"type":"token","content":"Hello"}\nid: ${exampleId}:4\n\n`,
                },
              },
            },
            204: { description: 'The event was the last one: there is nothing more to come.', type: 'null' },
            ...errorResponses(400, 401, 403, 404),
          },
        },
      },
      async (request, reply) => {
        const { scope } = conversationPrincipalOf(request);
        const { after, dialect } = request.query;
        return attach(reply, {
          scope,
          generationId: request.params.id,
          cursor: cursorText(request, after),
          dialect,
        });
      },
    );

    app.post(
      '/:id/cancel',
      {
        onRequest,
        schema: {
          tags,
          operationId: 'cancelGeneration',
          summary: 'Cancel a generation',
          description:
            'Ends it with what it has; the call to the model is aborted. Answers once it has ended; cancelling again, or what has ended, changes nothing.',
          security,
          params,
          response: { 200: generationResponse, ...errorResponses(400, 401, 403, 404) },
        },
      },
      async (request, reply) => {
        const principal = conversationPrincipalOf(request);
        requireWrite(principal);
        return reply.send(toGeneration(await engine.cancel(principal.scope, request.params.id)));
      },
    );
  };
}
