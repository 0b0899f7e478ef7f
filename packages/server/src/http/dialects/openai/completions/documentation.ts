/** The operations on chat completions, as they validate and as `/docs` shows them. */
import { type TSchema, Type } from 'typebox';
import { IdempotencyHeader, LastEventIdHeader, streamHeaders } from '../../../openapi/fields.ts';
import { openAiErrorResponses } from '../error-responses.ts';
import { MetadataBody } from '../request/fields.ts';
import {
  CompletionBody,
  CompletionId,
  CompletionsQuery,
  exampleCompletionId,
  MessagesQuery,
} from './schema.ts';

const common = { tags: ['completions'] };

const exampleCompletion = {
  id: exampleCompletionId,
  object: 'chat.completion',
  created: 1_764_188_000,
  model: 'persona:guide',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'Hello' }, logprobs: null, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 24, completion_tokens: 12, total_tokens: 36 },
};

function answer(schema: TSchema, example: object) {
  return { description: 'The answer.', content: { 'application/json': { schema, example } } };
}

const completion = answer(Type.Ref('ChatCompletion#'), exampleCompletion);
const stream = {
  schema: Type.String({ description: 'Server-sent events, if `stream` asks for them.' }),
  example:
    'data: {"id":"chatcmpl-019ab1c27d3e7c4f9a105b6c7d8e9f01","object":"chat.completion.chunk","created":1764188000,"model":"persona:guide","choices":[{"index":0,"delta":{"content":"Hel"},"logprobs":null,"finish_reason":null}]}\n\n',
};

export const create = {
  ...common,
  operationId: 'createChatCompletion',
  summary: 'Answer messages',
  description:
    "OpenAI's `POST /chat/completions`. Nothing is kept but with `store`; then each call is a conversation of its own.",
  headers: Type.Object({ ...IdempotencyHeader, ...LastEventIdHeader }),
  body: CompletionBody,
  response: {
    200: {
      ...completion,
      headers: streamHeaders,
      content: { ...completion.content, 'text/event-stream': stream },
    },
    204: { description: 'The event of `Last-Event-ID` was the last one.', type: 'null' },
    ...openAiErrorResponses(400, 401, 403, 404, 409, 413, 429, 502, 503, 504),
  },
};

export const list = {
  ...common,
  operationId: 'listChatCompletions',
  summary: 'List the stored completions',
  description: 'Those that have ended; `metadata[<key>]=<value>` looks for metadata.',
  querystring: CompletionsQuery,
  response: { 200: Type.Ref('ItemList#'), ...openAiErrorResponses(400, 401, 403) },
};

export const get = {
  ...common,
  operationId: 'getChatCompletion',
  summary: 'Get a stored completion',
  description: 'One that has ended.',
  params: CompletionId,
  response: { 200: completion, ...openAiErrorResponses(400, 401, 403, 404) },
};

export const update = {
  ...common,
  operationId: 'updateChatCompletion',
  summary: 'Change the metadata of a stored completion',
  description: 'All of it is replaced.',
  params: CompletionId,
  body: MetadataBody,
  response: { 200: completion, ...openAiErrorResponses(400, 401, 403, 404, 413, 429) },
};

export const remove = {
  ...common,
  operationId: 'deleteChatCompletion',
  summary: 'Delete a stored completion',
  description: 'With its messages.',
  params: CompletionId,
  response: {
    200: answer(
      Type.Object(
        {
          object: Type.Literal('chat.completion.deleted', { description: 'What it was.' }),
          id: Type.String({ description: 'The completion.', examples: [exampleCompletionId] }),
          deleted: Type.Boolean({ description: 'It is gone: true.', examples: [true] }),
        },
        { title: 'DeletedChatCompletion', description: 'It is gone.' },
      ),
      { object: 'chat.completion.deleted', id: exampleCompletionId, deleted: true },
    ),
    ...openAiErrorResponses(400, 401, 403, 404, 429),
  },
};

export const messages = {
  ...common,
  operationId: 'listChatCompletionMessages',
  summary: "List a stored completion's messages",
  description: 'What it answers.',
  params: CompletionId,
  querystring: MessagesQuery,
  response: { 200: Type.Ref('ItemList#'), ...openAiErrorResponses(400, 401, 403, 404) },
};
