/** The conversation dialect's queries, bodies, answers and events; each schema is validator, type and documentation. */
import { Type } from 'typebox';
import { maxMessageCharacters } from '../../../domain/message.ts';
import { providers } from '../../../domain/model.ts';
import { callId } from '../../../domain/request/call-ids.ts';
import { maxTools } from '../../../domain/request/tools.ts';
import { sessionStatuses } from '../../../domain/session.ts';
import {
  CreatedByField,
  closed,
  exampleCreator,
  exampleId,
  IdField,
  InternetField,
  MessageField,
  MineField,
  nullable,
  oneOf,
  orNull,
  PersonaReference,
  TimeField,
  WhenBusySchema,
} from '../../openapi/fields.ts';
import { exampleMessage, IncludeField, threadQuery } from '../../threads/message-schema.ts';
import { KeptMetadata, MetadataField, MetadataQuery } from '../../threads/metadata.ts';
import { PersonaField } from '../persona-fields.ts';

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
const description = nullable(
  Type.String({ maxLength: 2000, description: 'What it is about.', examples: ['About vector databases.'] }),
);
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
  metadata: MetadataQuery,
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
  branch: Type.Optional(
    oneOf(['current'], {
      description: 'Only the messages that are `is_current`: the path to the head of each session.',
      examples: ['current'],
    }),
  ),
  include: IncludeField,
});

export const MessageParams = Type.Object({ id: IdField('The message.') });
export const MessageQuery = Type.Object({ ...organization, include: IncludeField });
export const ThreadQuery = Type.Object({
  ...organization,
  session_id: IdField('The chat session.'),
  ...threadQuery,
});

export const MoveHeadBody = Type.Object(
  { head_message_id: IdField('The message of the session behind which the next one goes.') },
  { ...closed, title: 'SessionHead' },
);

export const ForkBody = Type.Object(
  {
    message_id: IdField('The message of the session that the history of the new one ends with.'),
    model_id: Type.Optional(IdField('The model that answers. Without it and `persona`: as before.')),
    persona: PersonaField,
    metadata: Type.Optional(MetadataField),
  },
  { ...closed, title: 'SessionFork' },
);

export const CreateBody = Type.Object(
  {
    title,
    is_archived: Type.Optional({ ...isArchived, default: false }),
    description: Type.Optional(description),
    metadata: Type.Optional(MetadataField),
  },
  { ...closed, title: 'NewConversation', examples: [{ title: 'Project Discussion', is_archived: false }] },
);

export const UpdateBody = Type.Object(
  {
    title: Type.Optional(title),
    is_archived: Type.Optional(isArchived),
    description: Type.Optional(description),
    metadata: Type.Optional(MetadataField),
  },
  { ...closed, title: 'ConversationChanges', minProperties: 1, examples: [{ title: 'Project Discussion' }] },
);

export const CreateSessionBody = Type.Object(
  {
    conversation_id: conversationId,
    model_id: Type.Optional(
      IdField('The model that answers, from `/api/llm/list`. Either this or `persona` is required.'),
    ),
    persona: PersonaField,
    metadata: Type.Optional(MetadataField),
    agent_id: Type.Optional(Type.Null({ description: 'There are no agents: only null.' })),
    settings: Type.Optional(
      Type.Object({}, { ...closed, description: 'There are no settings: only an empty object.' }),
    ),
  },
  { ...closed, title: 'NewChatSession', examples: [{ conversation_id: exampleId, model_id: exampleId }] },
);

export const StreamChatBody = Type.Object(
  {
    chat_session_id: IdField('The chat session.'),
    message: MessageField(
      'What the user says, in Unicode characters.',
      'Can you explain how vector databases work?',
    ),
    when_busy: Type.Optional(WhenBusySchema),
    parent_id: Type.Optional(
      nullable(
        IdField(
          'The message of the session behind which this one goes: a new branch, at whose end the session goes on. Null: a new beginning. Absent: the head of the session.',
        ),
      ),
    ),
    internet: InternetField,
    metadata: Type.Optional(MetadataField),
  },
  { ...closed, title: 'ConversationTurn' },
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
  {
    ...closed,
    title: 'ToolResults',
    examples: [
      { session_id: exampleId, results: [{ call_id: callId(exampleId, 0), output: '{"celsius":21}' }] },
    ],
  },
);

export const ConversationSchema = Type.Object(
  {
    id: conversationId,
    title,
    is_archived: isArchived,
    description,
    metadata: KeptMetadata,
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
  description: null,
  metadata: {},
  created_by: exampleCreator,
  created_at: '2026-11-22T20:30:00.000Z',
  updated_at: '2026-11-22T20:30:00.000Z',
};

export const ListedConversationSchema = Type.Object(
  {
    ...ConversationSchema.properties,
    snippet: Type.Optional(
      Type.String({
        description: 'With `q`: where the words were found.',
        examples: ['… how vector databases work …'],
      }),
    ),
    message_id: Type.Optional(
      orNull(IdField('With `q`: the message that the words stand in; null: they stand in the title.')),
    ),
  },
  { title: 'ListedConversation', description: 'A conversation in a list.' },
);

const status = oneOf(sessionStatuses, {
  description: 'A completed session takes no new message.',
  examples: ['active'],
});

export const SessionSchema = Type.Object(
  {
    id: IdField('The chat session.'),
    conversation_id: conversationId,
    model_id: IdField('The model that answers.'),
    persona: PersonaReference('The persona that answers; null: the model alone.'),
    head_message_id: orNull(IdField('The message behind which the next one goes; null: there is none.')),
    status,
    metadata: KeptMetadata,
    created_at: TimeField('When it was made.'),
    updated_at: TimeField('When it was changed last.'),
  },
  { $id: 'ChatSession', title: 'ChatSession', description: 'A line of turns with one model.' },
);

export const exampleSession = {
  id: exampleId,
  conversation_id: exampleId,
  model_id: exampleId,
  persona: null,
  head_message_id: null,
  status: 'active',
  metadata: {},
  created_at: '2026-11-22T20:30:00.000Z',
  updated_at: '2026-11-22T20:30:00.000Z',
};

export const modelName = Type.String({ description: "The model's name here.", examples: ['GPT-5 mini'] });
export const provider = oneOf(providers, {
  description: 'Who runs it.',
  examples: ['openai'],
});

export const WithSessionsSchema = Type.Object(
  {
    ...ConversationSchema.properties,
    conversation: Type.Ref('Conversation#'),
    sessions: Type.Array(
      Type.Object({
        id: IdField('The chat session.'),
        model: Type.Object(
          { id: IdField('The model.'), name: orNull(modelName), provider: orNull(provider) },
          { description: 'The model that answers; without name and provider once it was removed.' },
        ),
        persona: SessionSchema.properties.persona,
        head_message_id: SessionSchema.properties.head_message_id,
        status,
        metadata: KeptMetadata,
        created_at: TimeField('When it was made.'),
        updated_at: TimeField('When it was changed last.'),
      }),
      { description: 'Its sessions, oldest first.' },
    ),
    chat_sessions: Type.Array(
      Type.Object({
        ...SessionSchema.properties,
        model_name: orNull(modelName),
      }),
      { description: 'The same sessions, for clients of an earlier API.' },
    ),
  },
  { title: 'ConversationWithSessions', description: 'A conversation with its sessions.' },
);

export const exampleModel = { id: exampleId, name: 'GPT-5 mini', provider: 'openai' };
const { model_id: _, conversation_id: __, ...exampleSessionPart } = exampleSession;
export const exampleWithSessions = {
  ...exampleConversation,
  conversation: exampleConversation,
  sessions: [{ ...exampleSessionPart, model: exampleModel }],
  chat_sessions: [{ ...exampleSession, model_name: 'GPT-5 mini' }],
};

export const MessagesSchema = Type.Object(
  {
    messages: Type.Array(Type.Ref('Message#'), {
      description: 'The messages of all sessions, oldest first.',
    }),
    total: Type.Integer({
      description: 'Messages in the conversation, or on current branches.',
      examples: [2],
    }),
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
  },
  { title: 'MessagePage', description: 'A page of the messages of a conversation.' },
);

export const exampleMessages = {
  messages: [exampleMessage],
  total: 2,
  limit: 1,
  offset: 1,
  has_more: false,
  next_offset: null,
};
