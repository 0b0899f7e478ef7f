/** The conversation dialect's queries, bodies, answers and events; each schema is validator, type and documentation. */
import { Type } from 'typebox';
import { generationStatuses } from '../../../domain/generation.ts';
import { maxMessageCharacters, shownRoles } from '../../../domain/message.ts';
import { providers } from '../../../domain/model.ts';
import { roles } from '../../../domain/organization.ts';
import { callId } from '../../../domain/request/call-ids.ts';
import { maxTools } from '../../../domain/request/tools.ts';
import { sessionStatuses } from '../../../domain/session.ts';
import {
  CreatedByField,
  closed,
  exampleCreator,
  exampleId,
  exampleUsage,
  FinishReasonSchema,
  IdField,
  MessageField,
  MineField,
  oneOf,
  orNull,
  TimeField,
  WhenBusySchema,
} from '../../openapi/fields.ts';
import { FailureField } from '../../openapi/responses.ts';
import { endFields, failureFields, queuedFields } from '../event-fields.ts';

const maxOffset = 2_147_483_647;

const organization = {
  org_id: IdField("The organization, which must be the credential's."),
  environment: Type.Optional(
    Type.String({
      description: "Members only: `test` shows the data of test keys; the default is `prod`'s.",
      examples: ['prod'],
    }),
  ),
};
const conversationId = IdField('The conversation.');
const offset = Type.Optional(
  Type.Integer({ minimum: 0, maximum: maxOffset, default: 0, description: 'How many to pass over.' }),
);
const title = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'The title, in Unicode characters.',
  examples: ['Project Discussion'],
});
const isArchived = Type.Boolean({ description: 'Whether it is archived.', examples: [false] });

export const OrganizationQuery = Type.Object(organization);
export const ConversationQuery = Type.Object({ ...organization, conversation_id: conversationId });
export const SessionQuery = Type.Object({ ...organization, session_id: IdField('The chat session.') });

export const ListQuery = Type.Object({
  ...organization,
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      description: 'Conversations at most; without it the list is complete.',
      examples: [50],
    }),
  ),
  offset,
  is_archived: Type.Optional(
    Type.Boolean({ description: 'Only archived ones, or only others.', examples: [false] }),
  ),
  mine: MineField,
  q: Type.Optional(
    Type.String({
      maxLength: 1000,
      description:
        'Words that all stand in the title or in one message, or begin a word there; words with punctuation and no blank between them stand side by side. Each conversation has a `snippet`. The best match comes first, of equal ones the newest conversation; the newest 200 titles and 200 messages that match are ranked. The first 65,536 characters of a message are searched, and the first 32 words of `q` count.',
      examples: ['vector databases'],
    }),
  ),
});

export const MessagesQuery = Type.Object({
  ...organization,
  conversation_id: conversationId,
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, default: 20, description: 'Messages at most.' }),
  ),
  offset,
});

export const CreateBody = Type.Object(
  { title, is_archived: Type.Optional({ ...isArchived, default: false }) },
  { ...closed, examples: [{ title: 'Project Discussion', is_archived: false }] },
);

export const UpdateBody = Type.Object(
  { title: Type.Optional(title), is_archived: Type.Optional(isArchived) },
  { ...closed, minProperties: 1, examples: [{ title: 'Project Discussion' }] },
);

export const CreateSessionBody = Type.Object(
  {
    conversation_id: conversationId,
    model_id: IdField('The model that answers, from `/api/llm/list`.'),
  },
  closed,
);

export const StreamChatBody = Type.Object(
  {
    chat_session_id: IdField('The chat session.'),
    message: MessageField(
      'What the user says, in Unicode characters.',
      'Can you explain how vector databases work?',
    ),
    when_busy: Type.Optional(WhenBusySchema),
  },
  closed,
);

export const ToolResultsBody = Type.Object(
  {
    session_id: IdField('The session whose last answer calls the tools.'),
    results: Type.Array(
      Type.Object(
        {
          call_id: Type.String({
            minLength: 1,
            maxLength: 64,
            description: 'The call, as `events` shows it.',
            examples: [callId(exampleId, 0)],
          }),
          output: Type.String({
            maxLength: maxMessageCharacters,
            description: 'What the tool gave, as a text, such as JSON; it may be empty.',
            examples: ['{"celsius":21}'],
          }),
        },
        closed,
      ),
      { minItems: 1, maxItems: maxTools, description: 'One result for each call of the answer.' },
    ),
  },
  closed,
);

export const ConversationSchema = Type.Object(
  {
    id: conversationId,
    title,
    is_archived: isArchived,
    created_by: CreatedByField,
    created_at: TimeField('When it was made.'),
    updated_at: TimeField('When it was changed last, by a message too.'),
  },
  { $id: 'Conversation', title: 'Conversation', description: 'A conversation of an organization.' },
);

export const exampleConversation = {
  id: exampleId,
  title: 'Project Discussion',
  is_archived: false,
  created_by: exampleCreator,
  created_at: '2026-11-22T20:30:00.000Z',
  updated_at: '2026-11-22T20:30:00.000Z',
};

export const ListedConversationSchema = Type.Object({
  ...ConversationSchema.properties,
  snippet: Type.Optional(
    Type.String({
      description: 'With `q`: where the words were found.',
      examples: ['… how vector databases work …'],
    }),
  ),
});

const status = oneOf(sessionStatuses, {
  description: 'A completed session takes no new message.',
  examples: ['active'],
});

export const SessionSchema = Type.Object(
  {
    id: IdField('The chat session.'),
    conversation_id: conversationId,
    model_id: IdField('The model that answers.'),
    status,
    created_at: TimeField('When it was made.'),
    updated_at: TimeField('When it was changed last.'),
  },
  { $id: 'ChatSession', title: 'ChatSession', description: 'A line of turns with one model.' },
);

export const exampleSession = {
  id: exampleId,
  conversation_id: exampleId,
  model_id: exampleId,
  status: 'active',
  created_at: '2026-11-22T20:30:00.000Z',
  updated_at: '2026-11-22T20:30:00.000Z',
};

const modelName = Type.String({ description: "The model's name here.", examples: ['GPT-5 mini'] });
const provider = oneOf(providers, {
  description: 'Who runs it.',
  examples: ['openai'],
});

export const WithSessionsSchema = Type.Object({
  conversation: Type.Ref('Conversation#'),
  sessions: Type.Array(
    Type.Object({
      id: IdField('The chat session.'),
      model: Type.Object(
        { id: IdField('The model.'), name: orNull(modelName), provider: orNull(provider) },
        { description: 'The model that answers; without name and provider once it was removed.' },
      ),
      status,
      created_at: TimeField('When it was made.'),
      updated_at: TimeField('When it was changed last.'),
    }),
    { description: 'Its sessions, oldest first.' },
  ),
});

const exampleModel = { id: exampleId, name: 'GPT-5 mini', provider: 'openai' };
const { model_id: _, conversation_id: __, ...exampleSessionPart } = exampleSession;
export const exampleWithSessions = {
  conversation: exampleConversation,
  sessions: [{ ...exampleSessionPart, model: exampleModel }],
};

export const MessagesSchema = Type.Object({
  messages: Type.Array(
    Type.Object({
      id: IdField('The message.'),
      role: oneOf(shownRoles, {
        description: 'Who says it.',
        examples: ['user'],
      }),
      content: Type.String({
        description: 'The text; of an answer that is being written, what is there so far.',
        examples: ['Can you explain how vector databases work?'],
      }),
      created_at: TimeField('When it was made.'),
      chat_session_id: IdField('The session that it belongs to.'),
      model_id: orNull(IdField("Of an answer: the model's.")),
      status: oneOf(generationStatuses, {
        description: 'Of an answer: how far it is, or how it ended. Else `done`.',
        examples: ['done'],
      }),
      usage: orNull(Type.Ref('Usage#')),
      generation_id: orNull(IdField('Of an answer: the generation that writes it.')),
      reply_to: orNull(IdField('Of an answer: the message that it answers.')),
      finish_reason: orNull(FinishReasonSchema),
      error: FailureField,
      sources: Type.Array(Type.Ref('Source#'), {
        description: 'Of an answer with the internet: the pages that it draws on.',
      }),
    }),
    { description: 'The messages of all sessions, oldest first.' },
  ),
  total: Type.Integer({ description: 'Messages in the conversation.', examples: [2] }),
  limit: Type.Integer({
    description: 'As asked for; if the page was full at 4 MiB before, the number of its messages.',
    examples: [20],
  }),
  offset: Type.Integer({ description: 'As asked for.', examples: [0] }),
  has_more: Type.Boolean({
    description: 'Whether there are messages behind those of the page.',
    examples: [false],
  }),
  next_offset: orNull(
    Type.Integer({ description: 'The `offset` of the next page; null: there is none.', examples: [20] }),
  ),
});

export const exampleMessages = {
  messages: [
    {
      id: exampleId,
      role: 'assistant',
      content: 'They store vectors, and find near ones.',
      created_at: '2026-11-22T20:30:00.000Z',
      chat_session_id: exampleId,
      model_id: exampleId,
      status: 'done',
      usage: exampleUsage,
      generation_id: exampleId,
      reply_to: exampleId,
      finish_reason: 'stop',
      error: null,
      sources: [],
    },
  ],
  total: 2,
  limit: 1,
  offset: 1,
  has_more: false,
  next_offset: null,
};

export const ModelsSchema = Type.Array(
  Type.Object({
    id: IdField('What `create_session` takes as `model_id`.'),
    name: modelName,
    provider,
    model: Type.String({ description: "The provider's name of it.", examples: ['gpt-5-mini'] }),
    context_window: orNull(Type.Integer({ description: 'Tokens; null: not known.', examples: [128000] })),
    is_default: Type.Boolean({ description: "Whether it is the organization's default.", examples: [true] }),
  }),
);

export const exampleModels = [
  { ...exampleModel, model: 'gpt-5-mini', context_window: 128000, is_default: true },
];

export const OrganizationsSchema = Type.Array(
  Type.Object({
    id: IdField('What `org_id` takes.'),
    name: Type.String({ description: "The organization's name.", examples: ['Acme'] }),
    role: orNull(
      oneOf(roles, {
        description: "The member's role; null for keys, and for end users' tokens.",
        examples: ['member'],
      }),
    ),
  }),
);

export const exampleOrganizations = [{ id: exampleId, name: 'Acme', role: 'member' }];

const type = <Name extends string>(name: Name) =>
  Type.Literal(name, { description: 'The type of the event; its `event:` name as well.' });

export const ConversationEventSchema = Type.Unsafe<{ type: string }>({
  $id: 'ConversationEvent',
  title: 'ConversationEvent',
  description: 'The `data:` of one event of the conversation dialect, one line of JSON.',
  oneOf: [
    Type.Object(
      { type: type('start'), message_id: IdField('The answer.') },
      { title: 'start', description: 'The first event.' },
    ),
    Type.Object(
      {
        type: type('queued'),
        ...queuedFields,
      },
      { title: 'queued', description: 'Second, where the turn waits for another of its session.' },
    ),
    Type.Object(
      {
        type: type('content'),
        content: Type.String({ description: 'The next piece of the answer.', examples: ['They'] }),
      },
      { title: 'content', description: 'A piece of the answer.' },
    ),
    Type.Object(
      {
        type: type('end'),
        ...endFields,
      },
      { title: 'end', description: 'The last event.' },
    ),
    Type.Object(
      {
        type: type('error'),
        ...failureFields,
      },
      { title: 'error', description: 'The last event where the answer failed; what was sent is kept.' },
    ),
  ],
});

/** An example of each event, for the documentation of streams. */
export const conversationEventExamples = {
  start: { summary: 'First', value: { type: 'start', message_id: exampleId } },
  queued: { summary: 'Where the turn waits', value: { type: 'queued', position: 1 } },
  content: { summary: 'A piece of the answer', value: { type: 'content', content: 'They' } },
  end: { summary: 'Last', value: { type: 'end', finish_reason: 'stop', usage: exampleUsage } },
  error: {
    summary: 'Last, where it failed',
    value: { type: 'error', code: 'provider_error', message: 'the model failed' },
  },
};
