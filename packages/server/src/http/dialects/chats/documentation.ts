/** The chats routes' schemas, as they validate and as `/docs` shows them. */
import { type TSchema, Type } from 'typebox';
import {
  exampleId,
  IdempotencyHeader,
  IdField,
  LastEventIdHeader,
  streamHeaders,
} from '../../openapi/fields.ts';
import { type ErrorStatus, errorResponses } from '../../openapi/responses.ts';
import {
  CreateChatBody,
  CreateMessageBody,
  exampleChat,
  exampleChatMessage,
  frameExamples,
  InferenceQuery,
  ListChatsQuery,
  ListMessagesQuery,
  UpdateChatBody,
} from './schema.ts';

const common = { tags: ['chats'] };
const chatId = Type.Object({ id: IdField('The chat.') });
const messageId = Type.Object({ id: IdField('The message.') });
const idempotency = Type.Object(IdempotencyHeader);

const chat = answer('The chat.', Type.Ref('Chat#'), exampleChat);
const chats = answer('The chats.', Type.Array(Type.Ref('Chat#')), [exampleChat]);
const message = answer('The message.', Type.Ref('ChatMessage#'), exampleChatMessage);
const messages = answer('The messages.', Type.Array(Type.Ref('ChatMessage#')), [exampleChatMessage]);

function answer(description: string, schema: TSchema, example: object) {
  return { description, content: { 'application/json': { schema, example } } };
}

function created(described: ReturnType<typeof answer>, path: string) {
  const location = Type.String({ description: 'Where it is.', examples: [`${path}${exampleId}`] });
  return { ...described, headers: { Location: location } };
}

const refused = (...statuses: ErrorStatus[]) => errorResponses(400, 401, 403, 429, ...statuses);

export const listChats = {
  ...common,
  operationId: 'listChats',
  summary: 'List the chats',
  description: 'All of them, archived ones too, newest first. `/chats/` is the same.',
  querystring: ListChatsQuery,
  response: { 200: chats, ...refused() },
};

export const getChat = {
  ...common,
  operationId: 'getChat',
  summary: 'Get a chat',
  description: 'Its name and times.',
  params: chatId,
  response: { 200: chat, ...refused(404) },
};

export const createChat = {
  ...common,
  operationId: 'createChat',
  summary: 'Create a chat',
  description: 'An empty one, with a name.',
  headers: idempotency,
  body: CreateChatBody,
  response: { 201: created(chat, '/chats/'), ...refused(409) },
};

export const updateChat = {
  ...common,
  operationId: 'updateChat',
  summary: 'Update a chat',
  description: 'Renames it; `updated_at` is stored as given, or becomes now.',
  params: chatId,
  body: UpdateChatBody,
  response: { 200: chat, ...refused(404) },
};

export const deleteChat = {
  ...common,
  operationId: 'deleteChat',
  summary: 'Delete a chat',
  description:
    'With its messages, generations and logs; an answer that is being written is cancelled first. Answers with the deleted chat.',
  params: chatId,
  response: { 200: chat, ...refused(404, 409, 503) },
};

export const listMessages = {
  ...common,
  operationId: 'listChatMessages',
  summary: 'List the messages of a chat',
  description: 'All of them, oldest first. `/conversations/` is the same.',
  querystring: ListMessagesQuery,
  response: { 200: messages, ...refused(404) },
};

export const getMessage = {
  ...common,
  operationId: 'getChatMessage',
  summary: 'Get a message',
  description: 'Of an answer that is still being written, the text until now.',
  params: messageId,
  response: { 200: message, ...refused(404) },
};

export const createMessage = {
  ...common,
  operationId: 'createChatMessage',
  summary: 'Add a message to a chat',
  description:
    "Goes into the chat's newest active session; a chat without one gets a session of the token's persona, of the key's default persona, or on the organization's default model. It is answered by `GET /conversations/inference/{id}`. An Assistant message that equals the chat's newest answer is that answer, and nothing is stored; others are not for end users' tokens.",
  headers: idempotency,
  body: CreateMessageBody,
  response: { 201: created(message, '/conversations/'), ...refused(404, 409) },
};

export const deleteMessage = {
  ...common,
  operationId: 'deleteChatMessage',
  summary: 'Delete a message',
  description:
    'What follows it stays. An answer that is being written is cancelled first. Answers with the deleted message.',
  params: messageId,
  response: { 200: message, ...refused(404, 409, 503) },
};

const target = Type.Object({
  id: IdField('A Human message; or a chat, meaning its last Human message.'),
});

const stream = {
  ...common,
  params: target,
  querystring: InferenceQuery,
  headers: Type.Object(LastEventIdHeader),
  response: {
    200: {
      description:
        'Server-sent events. Unnamed ones carry the answer as raw text: their `data`, joined, is the answer to the letter. The last one is `done`, or `error`.',
      headers: streamHeaders,
      content: {
        'text/event-stream': {
          schema: Type.String({ description: 'Server-sent events.' }),
          examples: frameExamples,
        },
      },
    },
    204: {
      description: 'The event of `Last-Event-ID` was the last one; an `EventSource` stops here.',
      type: 'null',
    },
    ...refused(404, 409, 429, 503),
  },
};

export const inference = {
  ...stream,
  operationId: 'infer',
  summary: 'Answer a message',
  description:
    'For `EventSource`. The first call starts the answer, every further one attaches to it: a message is never answered twice. The answer goes on when the client goes away, and replays whole once it has ended.',
};

export const inferenceInternet = {
  ...stream,
  operationId: 'inferWithInternet',
  summary: 'Answer a message with the internet',
  description:
    'The same, from pages that it searches and reads, with numbered citations. `event: status` says what it is doing, and `event: sources` names the pages before the first piece of the answer.',
};
