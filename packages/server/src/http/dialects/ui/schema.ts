/** The ui dialect's bodies and answers. Fields that the AI SDK or the app adds are passed over. */
import { Type } from 'typebox';
import { whenBusyChoices } from '../../../domain/generation.ts';
import { exampleId, IdField, oneOf, orNull } from '../../openapi/fields.ts';
import { PersonaField } from '../persona-fields.ts';

const triggers = ['submit-message', 'regenerate-message'] as const;

const UiPartSchema = Type.Object(
  { type: Type.String({ description: '`text`, `file`, `dynamic-tool`, …', examples: ['text'] }) },
  {
    additionalProperties: true,
    description: 'A part, as the AI SDK writes it.',
    examples: [{ type: 'text', text: 'Hello' }],
  },
);

export const UiMessageSchema = Type.Object(
  {
    id: Type.Optional(Type.String({ description: "The client's id, or ours.", examples: ['msg-1'] })),
    role: Type.String({ description: '`user` or `assistant`.', examples: ['user'] }),
    parts: Type.Array(UiPartSchema, { description: 'What it is made of.' }),
    metadata: Type.Optional(Type.Unknown({ description: 'What `messageMetadata` told.' })),
  },
  { $id: 'UiMessage', title: 'UiMessage', description: 'A message as `useChat` keeps it.' },
);

const exampleSent = { id: 'msg-1', role: 'user', parts: [{ type: 'text', text: 'Hello' }] };
const sent = Type.Unknown({ description: 'A `UIMessage`.', examples: [exampleSent] });

/** Whom a key acts for, in the body and in queries. */
const UserField = Type.Optional(
  orNull(
    Type.String({
      minLength: 1,
      maxLength: 255,
      format: 'path-segment',
      description: 'Keys only: the end user whose chat it is.',
      examples: ['ada'],
    }),
  ),
);

export const ChatBody = Type.Object(
  {
    id: Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'The chat: an id of the client’s choosing, or the UUID of a conversation.',
      examples: ['my-chat'],
    }),
    messages: Type.Optional(
      Type.Array(sent, { description: 'All messages, oldest first; of all but the last only `id` is read.' }),
    ),
    message: Type.Optional(sent),
    trigger: Type.Optional(
      oneOf(triggers, {
        description: 'What is to happen. Default: `submit-message`.',
        examples: ['submit-message'],
      }),
    ),
    messageId: Type.Optional(
      orNull(
        Type.String({
          maxLength: 255,
          description: 'The message that is edited, or answered again.',
          examples: ['msg-1'],
        }),
      ),
    ),
    persona: PersonaField,
    model: Type.Optional(
      orNull(
        Type.String({
          minLength: 1,
          maxLength: 255,
          description:
            'What answers in place of the persona, for keys and members, this time only: `persona:<alias>`, `persona:<alias>@next`, or a model by its id, its name, or its provider’s name for it.',
          examples: ['persona:guide'],
        }),
      ),
    ),
    user: UserField,
    max_tokens: Type.Optional(
      orNull(Type.Integer({ minimum: 1, description: 'Most tokens of the answer.', examples: [500] })),
    ),
    when_busy: Type.Optional(
      oneOf(whenBusyChoices, {
        description: 'What happens while the chat is still answering. Default: `interrupt`.',
        examples: ['interrupt'],
      }),
    ),
  },
  {
    title: 'UiChat',
    examples: [{ id: 'my-chat', messages: [exampleSent] }],
    description: 'What `DefaultChatTransport` sends; other fields are the app’s, and passed over.',
  },
);

export const ChatParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 255, description: 'The chat.', examples: ['my-chat'] }),
});

export const StopSchema = Type.Object(
  {
    generation_id: orNull(IdField('The generation that was ended; null: none was live.')),
    status: orNull(Type.String({ description: 'How it ended.', examples: ['cancelled'] })),
  },
  { title: 'StoppedUiChat', description: 'What was ended.' },
);

export const exampleStop = { generation_id: exampleId, status: 'cancelled' };

export const UserQuery = Type.Object({
  user: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'Keys only: the end user whose chat it is.',
      examples: ['ada'],
    }),
  ),
});

export const HistoryQuery = Type.Object({
  ...UserQuery.properties,
  message: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'A message of the wanted branch.',
      examples: ['msg-1'],
    }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, default: 200, description: 'Messages at most, the newest.' }),
  ),
});

/** Three frames of a stream as they are sent. */
export const exampleStream = [
  `data: {"type":"text-start","id":"1"}\nid: ${exampleId}:3`,
  `data: {"type":"text-delta","id":"1","delta":"Hello"}\nid: ${exampleId}:4`,
  'data: [DONE]',
]
  .map((frame) => `${frame}\n\n`)
  .join('');

export const exampleMessages = [
  { id: 'msg-1', role: 'user', parts: [{ type: 'text', text: 'Hello' }], metadata: {} },
  {
    id: exampleId,
    role: 'assistant',
    parts: [{ type: 'step-start' }, { type: 'text', text: 'Hi!' }],
    metadata: {},
  },
];
