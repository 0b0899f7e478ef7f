/** `/api/generations`: looks at, streams again and cancels the generations of every dialect. */
import { Type } from 'typebox';
import { views } from '../../domain/generation.ts';
import type { GenerationEngine } from '../../generation/interface.ts';
import type { Database } from '../../store/store.ts';
import { GenerationEventSchema, generationEventExamples } from '../dialects/events/schema.ts';
import type { Turns } from '../dialects/turns.ts';
import { exampleId, IdField, LastEventIdHeader, oneOf, streamHeaders } from '../openapi/fields.ts';
import { errorResponses } from '../openapi/responses.ts';
import type { AppPlugin } from '../openapi/route-plugin.ts';
import { addRoutes, type Route, route } from '../routing/route.ts';
import { viewOf } from '../routing/view.ts';
import type { Attach } from '../streaming/attach.ts';
import { cursorText } from '../streaming/cursor.ts';
import { generationAgainRoutes } from './again-routes.ts';
import { ContextReceiptSchema, contextReceiptRoutes } from './context-routes.ts';
import { exampleGeneration, GenerationSchema } from './schema.ts';
import { shownGeneration } from './shown.ts';

export interface GenerationRoutesOptions {
  readonly reads: Database;
  readonly engine: GenerationEngine;
  readonly attach: Attach;
  readonly turns: Turns;
}

/** Register it with the prefix `/api/generations`. */
export function generations(options: GenerationRoutesOptions): AppPlugin {
  return async (app) => {
    app.addSchema(GenerationSchema);
    app.addSchema(ContextReceiptSchema);
    app.addSchema(GenerationEventSchema);
    addRoutes(app, [
      ...generationRoutes(options),
      ...contextReceiptRoutes(options),
      ...generationAgainRoutes(options),
    ]);
  };
}

const tags = ['generations'];
const params = Type.Object({ id: IdField('The generation.') });
const generationResponse = {
  description: 'The generation.',
  content: { 'application/json': { schema: Type.Ref('Generation#'), example: exampleGeneration } },
};

function generationRoutes({ reads, engine, attach }: GenerationRoutesOptions): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/:id',
      access: 'conversation',
      isEssential: true,
      admits: ['anonymous'],
      schema: {
        tags,
        operationId: 'getGeneration',
        summary: 'Look at a generation',
        description: 'Its state, times and usage.',
        params,
        response: { 200: generationResponse, ...errorResponses(400, 401, 403, 404) },
      },
      handler: async ({ caller, scope, params }, reply) =>
        reply.send(await shownGeneration(reads, { caller, scope }, await engine.get(scope, params.id))),
    }),
    route({
      method: 'GET',
      path: '/:id/stream',
      access: 'conversation',
      isEssential: true,
      admits: ['anonymous', 'access-token'],
      schema: {
        tags,
        operationId: 'streamGeneration',
        summary: 'Stream a generation, from the start or from behind an event',
        description:
          'Everything after the event that `Last-Event-ID` (or `after`) names, then what comes live; an ended generation replays whole. The events, their boundaries and ids are always the same.',
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
            oneOf(views, {
              description:
                'In which the events come; otherwise the one that `Accept` asks for, or that it was started in. `events` is the whole log, as `GenerationEvent` says.',
              examples: ['chat'],
            }),
          ),
        }),
        response: {
          200: {
            description: "Server-sent events, in the dialect's frames.",
            headers: streamHeaders,
            content: {
              'text/event-stream': {
                schema: Type.Union([
                  Type.String({ description: 'Events of the dialect.' }),
                  Type.Ref('GenerationEvent#'),
                ]),
                examples: generationEventExamples,
              },
            },
          },
          204: { description: 'The event was the last one: there is nothing more to come.', type: 'null' },
          ...errorResponses(400, 401, 403, 404, 429),
        },
      },
      async handler(request, reply) {
        const { scope, params, query } = request;
        const cursor = cursorText(request, query.after);
        const view = query.dialect ?? viewOf(request, undefined);
        return attach(reply, { scope, generationId: params.id, cursor, view });
      },
    }),
    route({
      method: 'POST',
      path: '/:id/cancel',
      access: 'writer',
      isEssential: true,
      admits: ['anonymous'],
      schema: {
        tags,
        operationId: 'cancelGeneration',
        summary: 'Cancel a generation',
        description:
          'Ends it with what it has; the call to the model is aborted. Answers once it has ended; cancelling again, or what has ended, changes nothing.',
        params,
        response: { 200: generationResponse, ...errorResponses(400, 401, 403, 404, 429) },
      },
      handler: async ({ caller, scope, params }, reply) =>
        reply.send(await shownGeneration(reads, { caller, scope }, await engine.cancel(scope, params.id))),
    }),
  ];
}
