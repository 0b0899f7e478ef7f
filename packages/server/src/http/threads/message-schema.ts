/** A message with everything that belongs to it. */
import { Type } from 'typebox';
import { generationStatuses } from '../../domain/generation.ts';
import { shownRoles } from '../../domain/message.ts';
import {
  exampleId,
  exampleTime,
  exampleUsage,
  FinishReasonSchema,
  IdField,
  oneOf,
  orNull,
  PersonaReference,
  TimeField,
} from '../openapi/fields.ts';
import { FailureField } from '../openapi/responses.ts';
import { KeptMetadata } from './metadata.ts';

export const MessageSchema = Type.Object(
  {
    id: IdField('The message.'),
    role: oneOf(shownRoles, { description: 'Who says it.', examples: ['user'] }),
    content: Type.String({
      description: 'The text; of an answer that is being written, what is there so far.',
      examples: ['Can you explain how vector databases work?'],
    }),
    created_at: TimeField('When it was made.'),
    chat_session_id: IdField('The session that it belongs to.'),
    parent_id: orNull(IdField('The message before it; null: it begins a branch of its own.')),
    reply_to: orNull(IdField('Of an answer: the message that it answers.')),
    generation_id: orNull(IdField('Of an answer: the generation that writes it.')),
    is_current: Type.Boolean({
      description: 'Whether it lies on the path to the head of its session, and not on another branch.',
      examples: [true],
    }),
    model_id: orNull(IdField("Of an answer: the model's.")),
    model_name: orNull(
      Type.String({
        description: 'The name of the model now; null: no answer, or the model is gone.',
        examples: ['GPT-5 mini'],
      }),
    ),
    persona: PersonaReference('Of an answer: the persona that gave it; null: none.'),
    status: oneOf(generationStatuses, {
      description: 'Of an answer: how far it is, or how it ended. Else `done`.',
      examples: ['done'],
    }),
    usage: orNull(Type.Ref('Usage#')),
    cost: orNull(
      Type.Number({
        description: 'Of an ended answer, by the prices of the models; null: they have none.',
        examples: [0.01],
      }),
    ),
    finish_reason: orNull(FinishReasonSchema),
    error: FailureField,
    sources: Type.Array(Type.Ref('Source#'), {
      description: 'Of an answer with the internet: the pages that it draws on.',
    }),
    metadata: KeptMetadata,
    reasoning: Type.Optional(
      orNull(
        Type.String({
          description:
            'With `include=reasoning`: that of an ended answer; null: there is none, or the reader may not read it.',
          examples: ['The user asks…'],
        }),
      ),
    ),
  },
  { $id: 'Message', title: 'Message', description: 'A message of a session.' },
);

export const exampleMessage = {
  id: exampleId,
  role: 'assistant',
  content: 'They store vectors, and find near ones.',
  created_at: exampleTime,
  chat_session_id: exampleId,
  parent_id: exampleId,
  reply_to: exampleId,
  generation_id: exampleId,
  is_current: true,
  model_id: exampleId,
  model_name: 'GPT-5 mini',
  persona: null,
  status: 'done',
  usage: exampleUsage,
  cost: null,
  finish_reason: 'stop',
  error: null,
  sources: [],
  metadata: {},
};

/** Parts of a message that are sent where they are asked for. */
const includable = ['reasoning'] as const;

export const IncludeField = Type.Optional(
  oneOf(includable, {
    description: 'Adds the `reasoning` of answers. End users read it where the persona shows it.',
    examples: ['reasoning'],
  }),
);

const maxThreadMessages = 200;

/** The part of a thread that is asked for. */
export const threadQuery = {
  leaf: Type.Optional(IdField('The message that the thread ends with; otherwise the head of the session.')),
  before: Type.Optional(IdField('Only what comes before this message of the thread, the nearest.')),
  around: Type.Optional(
    IdField(
      'The part of the thread around this message. If it is not on the path to the head, the thread is the newest one through it.',
    ),
  ),
  after: Type.Optional(IdField('Only what comes behind this message of the thread, the nearest.')),
  at: Type.Optional(
    TimeField(
      'The part of the thread around the first message that was made at this time or later; around its last one if all are older.',
    ),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: maxThreadMessages,
      default: 50,
      description: 'Messages at most; fewer where they are long.',
    }),
  ),
  include: IncludeField,
};

export const ThreadSchema = Type.Object(
  {
    messages: Type.Array(Type.Ref('Message#'), {
      description: 'The thread from its beginning to `leaf`, or a part of it, oldest first.',
    }),
    siblings: Type.Record(
      Type.String(),
      Type.Array(IdField('A message.'), {
        description: 'The message itself and those beside it, the earliest first.',
      }),
      {
        description:
          'Of those that have others beside them: other attempts at an answer, other wordings of a question.',
        examples: [{ [exampleId]: [exampleId] }],
      },
    ),
    leaf: orNull(IdField('The last message of the thread; null: there is none.')),
    has_more_before: Type.Boolean({ description: 'Whether there are older messages.', examples: [false] }),
    has_more_after: Type.Boolean({
      description: 'Whether the thread goes on behind the last one shown.',
      examples: [false],
    }),
    running: orNull(IdField('The generation that runs in the session, or waits there first.')),
  },
  { title: 'Thread', description: 'A thread of a session, or a part of it.' },
);

export const exampleThread = {
  messages: [exampleMessage],
  siblings: {},
  leaf: exampleId,
  has_more_before: false,
  has_more_after: false,
  running: null,
};
