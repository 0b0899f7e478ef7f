/** The chats dialect's bodies, answers and events; each schema is validator, type and documentation. */
import { type Static, Type } from 'typebox';
import { generationStatuses } from '../../../domain/generation.ts';
import {
  closed,
  exampleId,
  exampleUsage,
  IdField,
  MessageField,
  MineField,
  nullable,
  oneOf,
  orNull,
  TimeField,
  WhenBusySchema,
} from '../../openapi/fields.ts';
import { MetadataField } from '../../threads/metadata.ts';

const exampleTime = '2023-08-05T14:48:00.000Z';

const name = Type.String({
  minLength: 1,
  maxLength: 255,
  description: "The chat's name, in Unicode characters.",
  examples: ['Chat 1'],
});

export const ChatSchema = Type.Object(
  {
    id: IdField('The chat.'),
    name,
    created_at: TimeField('When it was created.'),
    updated_at: TimeField('When it was last updated.'),
  },
  { $id: 'Chat', title: 'Chat', description: 'A chat; in the other dialects, a conversation.' },
);

export const exampleChat = {
  id: exampleId,
  name: 'Chat 1',
  created_at: exampleTime,
  updated_at: exampleTime,
};

export const CreateChatBody = Type.Object({ name }, { ...closed, title: 'NewChat' });

export const UpdateChatBody = Type.Object(
  {
    name: Type.Optional(name),
    updated_at: Type.Optional(
      Type.String({
        format: 'date-time-or-utc',
        description: 'What `updated_at` becomes; otherwise now. Without a zone it is UTC.',
        examples: [exampleTime],
      }),
    ),
  },
  { ...closed, title: 'ChatChanges', examples: [{ name: 'Chat 1' }] },
);

const chatsRoles = ['Human', 'Assistant'] as const;
export type ChatsRole = (typeof chatsRoles)[number];

const role = oneOf(chatsRoles, {
  description: 'Who says it.',
  examples: ['Human'],
});

export const ChatMessageSchema = Type.Object(
  {
    id: IdField('The message.'),
    role,
    chat_id: IdField('Its chat.'),
    message: Type.String({
      description: 'The text; of an answer that is still being written, what there is of it.',
      examples: ['Talk to me'],
    }),
    status: oneOf(generationStatuses, {
      description: 'Of an answer: how far it is, or how it ended. Else `done`.',
      examples: ['done'],
    }),
    generation_id: orNull(IdField('Of an answer: the generation that writes it.')),
    created_at: TimeField('When it was created.'),
    updated_at: TimeField('When it was last updated.'),
  },
  {
    $id: 'ChatMessage',
    title: 'ChatMessage',
    description: 'A message of a chat, which this dialect calls a conversation.',
  },
);

export const exampleChatMessage = {
  id: exampleId,
  role: 'Human',
  chat_id: exampleId,
  message: 'Talk to me',
  status: 'done',
  generation_id: null,
  created_at: exampleTime,
  updated_at: exampleTime,
};

export const CreateMessageBody = Type.Object(
  {
    chat_id: IdField('The chat that it goes into.'),
    role,
    message: MessageField('What is said, in Unicode characters.', 'Talk to me'),
    parent_id: Type.Optional(
      nullable(
        IdField(
          'The message of the chat behind which this one goes: a new branch, at whose end the chat goes on. Null: a new beginning. Absent: the end of the chat.',
        ),
      ),
    ),
    metadata: Type.Optional(MetadataField),
  },
  { ...closed, title: 'NewChatMessage' },
);

export const ListChatsQuery = Type.Object({ mine: MineField });

export const ListMessagesQuery = Type.Object({
  chat_id: Type.Optional(IdField('The chat. Without it: the newest messages of all chats.')),
});

export const InferenceQuery = Type.Object({ when_busy: Type.Optional(WhenBusySchema) });

export type CreateMessage = Static<typeof CreateMessageBody>;

/** Frames as they are sent, for the documentation of streams. */
export const frameExamples = {
  text: {
    summary: 'A piece of the answer; a newline in it becomes a second `data:` line',
    value: `data: Hello\nid: ${exampleId}:4\n\n`,
  },
  queued: {
    summary: 'First, where the answer waits for another of its session',
    value: `event: status\ndata: {"status":"queued","position":1}\nid: ${exampleId}:1\n\n`,
  },
  searching: {
    summary: 'With the internet: what it is doing',
    value: `event: status\ndata: {"status":"searching"}\nid: ${exampleId}:3\n\n`,
  },
  sources: {
    summary: 'With the internet: the pages, before the first piece',
    value: `event: sources\ndata: ${JSON.stringify({
      sources: [
        {
          index: 1,
          title: 'Server-sent events',
          url: 'https://html.spec.whatwg.org/',
          snippet: 'This section defines…',
        },
      ],
    })}\nid: ${exampleId}:6\n\n`,
  },
  done: {
    summary: 'Last',
    value: `event: done\ndata: ${JSON.stringify({ id: exampleId, finish_reason: 'stop', usage: exampleUsage })}\nid: ${exampleId}:9\n\n`,
  },
  error: {
    summary: 'Last, where it failed',
    value: `event: error\ndata: {"code":"provider_error","message":"the model failed"}\nid: ${exampleId}:9\n\n`,
  },
};
