/** The ui dialect's routes, as they validate and as `/docs` shows them. */
import { Type } from 'typebox';
import { IdempotencyHeader, LastEventIdHeader, streamHeaders } from '../../openapi/fields.ts';
import { errorResponses } from '../../openapi/responses.ts';
import * as schema from './schema.ts';

const tags = ['ui'];

const stream = {
  200: {
    description:
      'The AI SDK’s UI message stream (`X-Vercel-AI-UI-Message-Stream: v1`), each chunk with an `id:`.',
    headers: streamHeaders,
    content: {
      'text/event-stream': {
        schema: Type.String({ description: 'Chunks of JSON, and `[DONE]` at the end.' }),
        example: schema.exampleStream,
      },
    },
  },
  204: { description: 'There is nothing to come.', type: 'null' },
};

export const chat = {
  tags,
  operationId: 'uiChat',
  summary: 'Send a message of `useChat` and stream the answer',
  description:
    'A message that is new, edited (`messageId`), or has been sent before; the results of tools; or another answer (`regenerate-message`). The answer goes on when the client goes away.',
  headers: Type.Object({ ...IdempotencyHeader, ...LastEventIdHeader }),
  body: schema.ChatBody,
  response: { ...stream, ...errorResponses(400, 401, 403, 404, 409, 429, 503) },
};

export const resume = {
  tags,
  operationId: 'resumeUiChat',
  summary: 'Stream the answer of a chat that is live',
  description: 'From its start, or behind `Last-Event-ID`; 204 where none is live, or no such chat is.',
  params: schema.ChatParams,
  querystring: schema.UserQuery,
  headers: Type.Object(LastEventIdHeader),
  response: { ...stream, ...errorResponses(400, 401, 403, 429) },
};

export const stop = {
  tags,
  operationId: 'stopUiChat',
  summary: 'End the answer of a chat',
  description: 'The model stops, and what it wrote stays. Where none is live nothing happens.',
  params: schema.ChatParams,
  querystring: schema.UserQuery,
  response: {
    200: {
      description: 'What was ended.',
      content: { 'application/json': { schema: schema.StopSchema, example: schema.exampleStop } },
    },
    ...errorResponses(400, 401, 403, 404, 429),
  },
};

export const history = {
  tags,
  operationId: 'readUiChat',
  summary: 'Read the messages of a chat',
  description:
    'For `messages` of `useChat`, oldest first: the branch at the head of the newest session, or the one through `message`. An answer that is live is left out; its stream brings it whole.',
  params: schema.ChatParams,
  querystring: schema.HistoryQuery,
  response: {
    200: {
      description: 'The newest messages.',
      content: {
        'application/json': { schema: Type.Array(Type.Ref('UiMessage#')), example: schema.exampleMessages },
      },
    },
    ...errorResponses(400, 401, 403, 404, 429),
  },
};
