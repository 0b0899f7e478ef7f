/** The operations on responses, as they validate and as `/docs` shows them. */
import { type TSchema, Type } from 'typebox';
import { IdempotencyHeader, LastEventIdHeader, streamHeaders } from '../../../openapi/fields.ts';
import { openAiErrorResponses } from '../error-responses.ts';
import { exampleResponseId, ListQuery, ResponseBody, ResponseId } from './schema.ts';

const common = { tags: ['responses'] };

const exampleResponse = {
  id: exampleResponseId,
  object: 'response',
  status: 'completed',
  model: 'persona:guide',
  output: [],
  usage: null,
};

function answer(schema: TSchema, example: object) {
  return { description: 'The response.', content: { 'application/json': { schema, example } } };
}

const stream = {
  schema: Type.String({ description: 'Server-sent events, if `stream` asks for them.' }),
  example:
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":4,"delta":"Hel"}\n\n',
};

const response = answer(Type.Ref('Response#'), exampleResponse);
const streamed = {
  ...response,
  headers: streamHeaders,
  content: { ...response.content, 'text/event-stream': stream },
};
const nothingMore = { description: 'The event of `Last-Event-ID` was the last one.', type: 'null' } as const;

export const create = {
  ...common,
  operationId: 'createResponse',
  summary: 'Answer an input',
  description:
    "OpenAI's `POST /responses`. Stored unless `store` is false; goes on in every other dialect, and with them.",
  headers: Type.Object({ ...IdempotencyHeader, ...LastEventIdHeader }),
  body: ResponseBody,
  response: {
    200: streamed,
    204: nothingMore,
    ...openAiErrorResponses(400, 401, 403, 404, 409, 413, 429, 502, 503, 504),
  },
};

export const countInput = {
  ...common,
  operationId: 'countResponseInputTokens',
  summary: 'Count the tokens of an input',
  description:
    "OpenAI's `POST /responses/input_tokens`: about how many tokens the model would be sent for a response with these fields, which may all be absent. The history is counted as far as it would be sent, the persona's prompt too; what it would find in the web is not. No model is called, and nothing is stored.",
  body: ResponseBody,
  response: {
    200: {
      description: 'The tokens.',
      content: {
        'application/json': {
          schema: Type.Object(
            {
              object: Type.Literal('response.input_tokens', { description: 'What it is.' }),
              input_tokens: Type.Integer({ minimum: 0, description: 'Estimated.', examples: [42] }),
            },
            { title: 'ResponseInputTokens', description: 'About how many tokens it is.' },
          ),
          example: { object: 'response.input_tokens', input_tokens: 42 },
        },
      },
    },
    ...openAiErrorResponses(400, 401, 403, 404, 409, 413, 429, 503),
  },
};

export const get = {
  ...common,
  operationId: 'getResponse',
  summary: 'Get a response',
  description:
    'Any stored generation, whatever dialect it was begun in; with `stream` its events, also live.',
  params: ResponseId,
  headers: Type.Object(LastEventIdHeader),
  querystring: Type.Object({
    stream: Type.Optional(Type.Boolean({ description: 'Whether its events are sent.', examples: [false] })),
    starting_after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2 ** 31 - 1,
        description: 'The `sequence_number` that the stream begins behind.',
        examples: [3],
      }),
    ),
    include_obfuscation: Type.Optional(Type.Boolean({ description: 'Without effect.', examples: [false] })),
    include: Type.Optional(Type.Unknown({ description: 'Without effect.' })),
    'include[]': Type.Optional(Type.Unknown({ description: 'Without effect.' })),
  }),
  response: { 200: streamed, 204: nothingMore, ...openAiErrorResponses(400, 401, 403, 404, 429) },
};

export const cancel = {
  ...common,
  operationId: 'cancelResponse',
  summary: 'Cancel a response',
  description: 'Ends it with what it has. What has ended stays as it is.',
  params: ResponseId,
  response: { 200: response, ...openAiErrorResponses(400, 401, 403, 404, 429) },
};

export const remove = {
  ...common,
  operationId: 'deleteResponse',
  summary: 'Delete a response',
  description: 'It is cancelled first. Its own input goes with it, and a conversation that is left empty.',
  params: ResponseId,
  response: {
    200: answer(
      Type.Object(
        {
          id: Type.String({ description: 'The response.', examples: [exampleResponseId] }),
          object: Type.Literal('response', { description: 'What it was.' }),
          deleted: Type.Boolean({ description: 'It is gone: true.', examples: [true] }),
        },
        { title: 'DeletedResponse', description: 'It is gone.' },
      ),
      { id: exampleResponseId, object: 'response', deleted: true },
    ),
    ...openAiErrorResponses(400, 401, 403, 404, 429),
  },
};

export const inputItems = {
  ...common,
  operationId: 'listInputItems',
  summary: "List a response's input",
  description: "The items of this request's input.",
  params: ResponseId,
  querystring: ListQuery,
  response: { 200: Type.Ref('ItemList#'), ...openAiErrorResponses(400, 401, 403, 404) },
};
