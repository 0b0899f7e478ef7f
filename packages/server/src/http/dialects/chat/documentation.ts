/** The chat routes' schemas, as they validate and as `/docs` shows them. */
import { Type } from 'typebox';
import { exportAnswer } from '../../end-users/export.ts';
import { ErasedUser } from '../../end-users/schema.ts';
import { answer as answerOf, gone } from '../../openapi/answers.ts';
import {
  exampleId,
  IdempotencyHeader,
  IdField,
  LastEventIdHeader,
  streamHeaders,
  ticked,
} from '../../openapi/fields.ts';
import { errorResponses } from '../../openapi/responses.ts';
import { exampleFeedback, FeedbackBody, FeedbackSchema } from '../../threads/feedback.ts';
import { exampleThread, ThreadSchema, threadQuery } from '../../threads/message-schema.ts';
import { MetadataQuery } from '../../threads/metadata.ts';
import {
  AnswerSchema,
  ClientIdHeader,
  CompletionBody,
  ContinuationBody,
  chatEventExamples,
  exampleAnswer,
  GetTokenBody,
  TokenSchema,
} from './schema.ts';
import { OwnPersona, RenameSessionBody, UserSessionList, UserSessionSchema } from './session-schema.ts';

const tags = ['chat'];

const eventStream = {
  description:
    'Server-sent events: `data:` is one line of JSON, and each event has an `id:` to resume behind. What fails after the stream began is its `error` event.',
  headers: streamHeaders,
  content: { 'text/event-stream': { schema: Type.Ref('ChatEvent#'), examples: chatEventExamples } },
};

const alreadySeen = {
  description: 'The event of `Last-Event-ID` was the last one: there is nothing more to come.',
  type: 'null',
};

const answer = {
  description: 'The whole answer; also a cancelled one, with the text until then.',
  content: { 'application/json': { schema: AnswerSchema, example: exampleAnswer } },
};

const idempotency = Type.Object(IdempotencyHeader);
const streamRequest = Type.Object({ ...IdempotencyHeader, ...LastEventIdHeader });

export const getToken = {
  tags,
  operationId: 'getToken',
  summary: 'Get a token for an end user',
  description:
    'A short-lived token for a browser, bound to the key, the user, and the resolved version of the persona. Takes an API key only; revoking the key kills its tokens.',
  headers: Type.Object({ ...IdempotencyHeader, ...ClientIdHeader }),
  body: GetTokenBody,
  response: {
    200: {
      description: 'The token.',
      content: {
        'application/json': {
          schema: TokenSchema,
          example: { token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl', expires_at: 1770571652 },
        },
      },
    },
    ...errorResponses(400, 401, 403, 404, 429),
  },
};

export const completionStream = {
  tags,
  operationId: 'streamCompletion',
  summary: 'Start a session and stream the answer',
  description:
    'Starts a session with a persona. The answer goes on when the client goes away: it can be resumed, and cancelled, at `Content-Location`.',
  headers: streamRequest,
  body: CompletionBody,
  response: {
    200: eventStream,
    204: alreadySeen,
    ...errorResponses(400, 401, 403, 404, 409, 429, 503),
  },
};

export const continuationStream = {
  tags,
  operationId: 'streamContinuation',
  summary: 'Continue a session and stream the answer',
  description: 'Sends the next message of a session, which stays on the persona version it began with.',
  headers: streamRequest,
  body: ContinuationBody,
  response: {
    200: eventStream,
    204: alreadySeen,
    ...errorResponses(400, 401, 403, 404, 409, 429, 503),
  },
};

export const completion = {
  tags,
  operationId: 'complete',
  summary: 'Start a session and get the whole answer',
  description: 'The same as the stream, in one answer.',
  headers: idempotency,
  body: CompletionBody,
  response: { 200: answer, ...errorResponses(400, 401, 403, 404, 409, 429, 502, 503, 504) },
};

export const continuation = {
  tags,
  operationId: 'continue',
  summary: 'Continue a session and get the whole answer',
  description: 'The same as the stream, in one answer.',
  headers: idempotency,
  body: ContinuationBody,
  response: { 200: answer, ...errorResponses(400, 401, 403, 404, 409, 429, 502, 503, 504) },
};

export const feedback = {
  tags,
  operationId: 'giveChatFeedback',
  summary: 'Rate an answer',
  description: 'One opinion for each message and author; the last one counts.',
  body: FeedbackBody,
  response: {
    200: {
      description: 'The opinion.',
      content: { 'application/json': { schema: FeedbackSchema, example: exampleFeedback } },
    },
    ...errorResponses(400, 401, 403, 404, 429),
  },
};

const user = Type.Object({
  user_id: Type.Optional(
    Type.String({
      description: 'The user, with an API key; a token is for its own user.',
      examples: ['customer-4711'],
      ...ticked,
    }),
  ),
});

export const exportMe = {
  tags,
  operationId: 'exportMe',
  summary: 'All that is stored of an end user, as JSON Lines',
  querystring: user,
  response: { 200: exportAnswer, ...errorResponses(400, 401, 403, 404) },
};

export const eraseMe = {
  tags,
  operationId: 'eraseMe',
  summary: 'Erase an end user with all conversations',
  description:
    'What the user has running is cancelled first. The tokens of the user end with it. Usage stays in the account of the organization, without the user.',
  querystring: user,
  response: {
    200: answerOf('How much was deleted.', ErasedUser),
    ...errorResponses(400, 401, 403, 404, 429),
  },
};

const sessionParams = Type.Object({ session_id: IdField('The session.') });

export const listSessions = {
  tags,
  operationId: 'listUserSessions',
  summary: 'The sessions of an end user',
  description:
    'Those of the newest conversation first. A token lists the sessions that it can go on with; an API key names the user.',
  querystring: Type.Object({
    ...user.properties,
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'Sessions at most.' }),
    ),
    cursor: Type.Optional(
      Type.String({ description: 'The `next_cursor` of the page before.', examples: [exampleId] }),
    ),
    q: Type.Optional(
      Type.String({
        maxLength: 1000,
        description: 'Words that stand in the title or in one message of the conversation.',
        examples: ['order'],
      }),
    ),
    metadata: MetadataQuery,
  }),
  response: {
    200: answerOf('A page of sessions.', UserSessionList),
    ...errorResponses(400, 401, 403, 404),
  },
};

export const sessionMessages = {
  tags,
  operationId: 'getUserThread',
  summary: 'The messages of a session of an end user',
  description: 'The thread to its head, or to another leaf.',
  params: sessionParams,
  querystring: Type.Object({ ...user.properties, ...threadQuery }),
  response: {
    200: {
      description: 'A part of the thread.',
      content: { 'application/json': { schema: ThreadSchema, example: exampleThread } },
    },
    ...errorResponses(400, 401, 403, 404),
  },
};

export const renameSession = {
  tags,
  operationId: 'renameUserSession',
  summary: 'Give a session of an end user another title',
  params: sessionParams,
  querystring: user,
  body: RenameSessionBody,
  response: { 200: answerOf('The session.', UserSessionSchema), ...errorResponses(400, 401, 403, 404, 429) },
};

export const deleteSession = {
  tags,
  operationId: 'deleteUserSession',
  summary: 'Delete a session of an end user with its messages',
  description: 'What runs in it is cancelled first. The conversation goes with its last session.',
  params: sessionParams,
  querystring: user,
  response: { 204: gone, ...errorResponses(400, 401, 403, 404, 409, 429) },
};

export const getOwnPersona = {
  tags,
  operationId: 'getOwnPersona',
  summary: 'Whom the user talks to',
  description: 'The persona of the token, or the default one of the API key.',
  querystring: user,
  response: {
    200: answerOf('What users are told of it.', OwnPersona),
    ...errorResponses(400, 401, 403, 404),
  },
};
