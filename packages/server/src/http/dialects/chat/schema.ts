/** The chat dialect's bodies, answers and events; each schema is validator, type and documentation. */
import { Type } from 'typebox';
import {
  closed,
  exampleId,
  exampleUsage,
  FinishReasonSchema,
  IdField,
  InternetField,
  MessageField,
  nullable,
  oneOf,
  orNull,
  WhenBusySchema,
} from '../../openapi/fields.ts';
import { MetadataField } from '../../threads/metadata.ts';
import { ErrorEventSchema, endFields, QueuedEventSchema } from '../event-fields.ts';
import { PersonaField } from '../persona-fields.ts';

const maxChatMessageCharacters = 8000;

const message = MessageField(
  'What the user says, in Unicode characters.',
  'Talk to me',
  maxChatMessageCharacters,
);

const maxTokens = Type.Optional(
  nullable(
    Type.Integer({
      minimum: 1,
      maximum: 8000,
      description: 'Most tokens of the answer; persona and model may set a smaller bound.',
      examples: [500],
    }),
  ),
);

export const GetTokenBody = Type.Object(
  {
    user_id: Type.String({
      minLength: 1,
      maxLength: 255,
      format: 'path-segment',
      description: 'Names the end user; a UUID is best.',
      examples: ['customer-4711'],
    }),
    persona: PersonaField,
    client_id: Type.Optional(
      nullable(
        Type.String({
          minLength: 1,
          maxLength: 255,
          description:
            'Names the device or page of the user, whose limits hold beside those of the user. `X-Client-Id` is another place for it.',
          examples: ['b7d9…'],
        }),
      ),
    ),
  },
  { ...closed, title: 'NewUserToken' },
);

/** Request headers of `get_token`. */
export const ClientIdHeader = {
  'x-client-id': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'The same as `client_id`.',
      examples: ['b7d9…'],
    }),
  ),
};

export const TokenSchema = Type.Object(
  {
    token: Type.String({
      description: 'A JWT for `Authorization: Bearer`; bound to key, user and persona version.',
      examples: ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl'],
    }),
    expires_at: Type.Integer({ description: 'Unix seconds.', examples: [1770571652] }),
  },
  { title: 'UserToken', description: 'A token for an end user.' },
);

export const CompletionBody = Type.Object(
  {
    message,
    max_tokens: maxTokens,
    persona: PersonaField,
    when_busy: Type.Optional(orNull(WhenBusySchema)),
    internet: InternetField,
    metadata: Type.Optional(MetadataField),
  },
  { ...closed, title: 'ChatTurn' },
);

export const ContinuationBody = Type.Object(
  {
    session: Type.Optional(nullable(IdField('The session to go on with, from `session_created`. Required.'))),
    session_id: Type.Optional(nullable(IdField('The same as `session`.'))),
    message,
    parent_id: Type.Optional(
      nullable(
        IdField(
          'The message of the session behind which this one goes: a new branch, at whose end the session goes on. Null: a new beginning. Absent: the end of the session.',
        ),
      ),
    ),
    max_tokens: maxTokens,
    persona: PersonaField,
    when_busy: Type.Optional(orNull(WhenBusySchema)),
    internet: InternetField,
    metadata: Type.Optional(MetadataField),
  },
  { ...closed, title: 'ChatContinuation', examples: [{ session: exampleId, message: 'Talk to me' }] },
);

export const AnswerSchema = Type.Object(
  {
    session_id: IdField('The session, to be continued.'),
    message_id: IdField('The answer.'),
    response: Type.String({ description: "The answer's text.", examples: ['Hello! What about?'] }),
    rg_response: Type.Object(
      {
        response: Type.String({ description: "The answer's text.", examples: ['Hello! What about?'] }),
        tokens_used: Type.Integer({ description: 'Tokens of prompt and answer.', examples: [36] }),
      },
      { description: 'The same again, for clients of an earlier API.' },
    ),
    usage: Type.Ref('Usage#'),
    finish_reason: FinishReasonSchema,
  },
  { title: 'ChatAnswer', description: 'A whole answer.' },
);

export const exampleAnswer = {
  session_id: exampleId,
  message_id: exampleId,
  response: 'Hello! What about?',
  rg_response: { response: 'Hello! What about?', tokens_used: 36 },
  usage: exampleUsage,
  finish_reason: 'stop',
};

const type = <Name extends string>(name: Name) =>
  Type.Literal(name, { description: 'The type of the event.' });

export const ChatEventSchema = Type.Unsafe<{ type: string }>({
  $id: 'ChatEvent',
  title: 'ChatEvent',
  description: 'The `data:` of one event of the chat dialect, one line of JSON.',
  oneOf: [
    Type.Object(
      {
        type: oneOf(['session_created', 'session_continued'], { description: 'The type of the event.' }),
        session_id: IdField('The session, to be continued.'),
      },
      { title: 'ChatSessionEvent', description: 'The first event.' },
    ),
    QueuedEventSchema,
    Type.Object(
      {
        type: type('token'),
        content: Type.String({ description: 'The next piece of the answer.', examples: ['Hello'] }),
      },
      { title: 'ChatTokenEvent', description: 'A piece of the answer.' },
    ),
    Type.Object(
      {
        type: type('done'),
        ...endFields,
      },
      { title: 'ChatDoneEvent', description: 'The last event.' },
    ),
    ErrorEventSchema,
  ],
});

/** An example of each event, for the documentation of streams. */
export const chatEventExamples = {
  session_created: { summary: 'First', value: { type: 'session_created', session_id: exampleId } },
  session_continued: { summary: 'First', value: { type: 'session_continued', session_id: exampleId } },
  queued: { summary: 'Where the turn waits', value: { type: 'queued', position: 1 } },
  token: { summary: 'A piece of the answer', value: { type: 'token', content: 'Hello' } },
  done: { summary: 'Last', value: { type: 'done', usage: exampleUsage, finish_reason: 'stop' } },
  error: {
    summary: 'Last, where it failed',
    value: { type: 'error', code: 'provider_error', message: 'the model failed' },
  },
};
