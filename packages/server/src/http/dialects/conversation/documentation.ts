/** The conversation routes' schemas, as they validate and as `/docs` shows them. */
import { type TSchema, Type } from 'typebox';
import { IdempotencyHeader, LastEventIdHeader, streamHeaders } from '../../openapi/fields.ts';
import { detailErrorResponses, type ErrorStatus } from '../../openapi/responses.ts';
import { exampleFeedback, FeedbackBody, FeedbackSchema } from '../../threads/feedback.ts';
import { exampleMessage, exampleThread, ThreadSchema } from '../../threads/message-schema.ts';
import * as directory from './directory-schema.ts';
import { conversationEventExamples } from './event-schema.ts';
import * as schema from './schema.ts';

const tags = ['conversation'];
const idempotency = Type.Object(IdempotencyHeader);

function answer(description: string, of: TSchema, example: object, ...more: ErrorStatus[]) {
  return {
    200: { description, content: { 'application/json': { schema: of, example } } },
    ...detailErrorResponses(400, 401, 403, 429, ...more),
  };
}

const conversation = Type.Ref('Conversation#');

export const create = {
  tags,
  operationId: 'createConversation',
  summary: 'Create a conversation',
  description: 'A conversation with a title, without a session yet.',
  headers: idempotency,
  querystring: schema.OrganizationQuery,
  body: schema.CreateBody,
  response: answer('The conversation.', conversation, schema.exampleConversation, 409),
};

export const createSession = {
  tags,
  operationId: 'createChatSession',
  summary: 'Create a chat session',
  description:
    'A session of a conversation with one model, or with a persona. A model sees the history of its own session: a second one starts afresh, with another model if wished. End users’ tokens are for their persona, and choose no model (403).',
  headers: idempotency,
  querystring: schema.OrganizationQuery,
  body: schema.CreateSessionBody,
  response: answer('The session.', Type.Ref('ChatSession#'), schema.exampleSession, 404, 409),
};

export const streamChat = {
  tags,
  operationId: 'streamChat',
  summary: 'Send a message and stream the answer',
  description:
    'The next message of a session. The answer goes on when the client goes away: it can be resumed, and cancelled, at `Content-Location`.',
  headers: Type.Object({ ...IdempotencyHeader, ...LastEventIdHeader }),
  querystring: schema.OrganizationQuery,
  body: schema.StreamChatBody,
  response: {
    200: {
      description:
        'Server-sent events: an `event:` name, `data:` of one line of JSON with the same `type`, and an `id:` to resume behind. What fails after the stream began is its `error` event.',
      headers: streamHeaders,
      content: {
        'text/event-stream': {
          schema: Type.Ref('ConversationEvent#'),
          examples: conversationEventExamples,
        },
      },
    },
    204: {
      description: 'The event of `Last-Event-ID` was the last one: there is nothing more to come.',
      type: 'null',
    },
    ...detailErrorResponses(400, 401, 403, 404, 409, 429, 503),
  },
};

export const toolResults = {
  ...streamChat,
  operationId: 'sendToolResults',
  summary: 'Give the results of tools and stream the answer',
  description:
    'Where the last answer of a session has ended with `tool_calls`: the answer goes on, with the tools of before. A call that is unknown, or has been answered, and a call without its result are 400.',
  body: schema.ToolResultsBody,
};

export const list = {
  tags,
  operationId: 'listConversations',
  summary: 'List conversations',
  description:
    "Newest first. An end user's token sees that user's only. Without `limit` the list is complete, and sent piece by piece.",
  querystring: schema.ListQuery,
  response: answer('The conversations.', Type.Array(schema.ListedConversationSchema), [
    schema.exampleConversation,
  ]),
};

export const getWithSessions = {
  tags,
  operationId: 'getConversationWithSessions',
  summary: 'Get a conversation with its sessions',
  description: 'The conversation, and its sessions with their models.',
  querystring: schema.ConversationQuery,
  response: answer(
    'The conversation and its sessions.',
    schema.WithSessionsSchema,
    schema.exampleWithSessions,
    404,
  ),
};

export const messages = {
  tags,
  operationId: 'listMessages',
  summary: 'Get messages of a conversation',
  description:
    'Of all its sessions, oldest first, answers that are being written among them. A page ends at `limit` messages, or at 4 MiB: then `limit` says how many it holds, and `next_offset` where the next one begins.',
  querystring: schema.MessagesQuery,
  response: answer('A page of messages.', schema.MessagesSchema, schema.exampleMessages, 404),
};

export const getMessage = {
  tags,
  operationId: 'getMessage',
  summary: 'Get a message',
  params: schema.MessageParams,
  querystring: schema.MessageQuery,
  response: answer('The message.', Type.Ref('Message#'), exampleMessage, 404),
};

export const thread = {
  tags,
  operationId: 'getThread',
  summary: 'Get the thread of a session',
  description:
    'The messages from the beginning of a session to its head, or to another leaf, with what stands beside them on other branches. A session that was begun behind a message of another one has the messages up to there, too.',
  querystring: schema.ThreadQuery,
  response: answer('A part of the thread.', ThreadSchema, exampleThread, 404),
};

export const feedback = {
  tags,
  operationId: 'giveFeedback',
  summary: 'Rate an answer',
  description: 'One opinion for each message and author; the last one counts.',
  querystring: schema.OrganizationQuery,
  body: FeedbackBody,
  response: answer('The opinion.', FeedbackSchema, exampleFeedback, 404),
};

export const moveHead = {
  tags,
  operationId: 'moveSessionHead',
  summary: 'Go back to a branch of a session',
  description: 'The next message goes behind this one.',
  querystring: schema.SessionQuery,
  body: schema.MoveHeadBody,
  response: answer('The session.', Type.Ref('ChatSession#'), schema.exampleSession, 404, 409),
};

export const fork = {
  tags,
  operationId: 'forkSession',
  summary: 'Begin a session behind a message of another one',
  description:
    'A new session of the same conversation, whose history is that of the other one up to the message; with another model or persona, if wished.',
  headers: idempotency,
  querystring: schema.SessionQuery,
  body: schema.ForkBody,
  response: answer('The new session.', Type.Ref('ChatSession#'), schema.exampleSession, 404, 409),
};

export const update = {
  tags,
  operationId: 'updateConversation',
  summary: 'Change a conversation',
  description: 'Its title, or whether it is archived. What is not given stays.',
  querystring: schema.ConversationQuery,
  body: schema.UpdateBody,
  response: answer('The conversation.', conversation, schema.exampleConversation, 404),
};

export const remove = {
  tags,
  operationId: 'deleteConversation',
  summary: 'Delete a conversation',
  description: 'With its sessions, messages and generations; running ones are cancelled first.',
  querystring: schema.ConversationQuery,
  response: answer('The conversation as it was.', conversation, schema.exampleConversation, 404),
};

export const completeSession = {
  tags,
  operationId: 'completeChatSession',
  summary: 'Complete a chat session',
  description: 'It takes no new message from then on; an answer that runs is finished. Idempotent.',
  headers: idempotency,
  querystring: schema.SessionQuery,
  response: answer(
    'The session.',
    Type.Ref('ChatSession#'),
    { ...schema.exampleSession, status: 'completed' },
    404,
    409,
  ),
};

export const listModels = {
  tags,
  operationId: 'listLanguageModels',
  summary: 'List the models of an organization',
  description: 'The active ones, oldest first; errors are `{"detail", "code"}` here too.',
  querystring: schema.OrganizationQuery,
  response: answer('The models.', directory.ModelsSchema, directory.exampleModels),
};

export const listPersonas = {
  tags,
  operationId: 'listPersonasOnOffer',
  summary: 'List the personas that can be talked to',
  description:
    'Oldest first, without their prompts; errors are `{"detail", "code"}` here too. Members and test keys see drafts too. A key that is held to personas sees those, an end user\'s token that of its own persona; without a credential there are none.',
  querystring: schema.OrganizationQuery,
  response: answer('The personas.', directory.PersonasSchema, directory.examplePersonas),
};

export const listOrganizations = {
  tags,
  operationId: 'listOwnOrganizations',
  summary: 'List the organizations of the credential',
  description: 'With the role in each; errors are `{"detail", "code"}` here too.',
  response: answer('The organizations.', directory.OrganizationsSchema, directory.exampleOrganizations),
};
