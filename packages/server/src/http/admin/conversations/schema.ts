/** The schemas of an organization's conversations. */
import { type Static, Type } from 'typebox';
import { generationStatuses } from '../../../domain/generation.ts';
import { environments, type NamedCreator } from '../../../domain/scope.ts';
import { type SessionRecord, sessionStatuses } from '../../../domain/session.ts';
import { toTime } from '../../../domain/text/time.ts';
import type { ConversationSummary } from '../../../store/reports/conversation-list.ts';
import {
  CreatedByField,
  IdField,
  nullable,
  oneOf,
  orNull,
  PersonaReference,
  TimeField,
} from '../../openapi/fields.ts';
import { activityFields } from '../activity.ts';
import { PageQuery } from '../page.ts';
import { createdAt, OrganizationParams, updatedAt } from '../schema.ts';

export const ConversationParams = Type.Object({
  ...OrganizationParams.properties,
  conversation_id: IdField('The conversation.'),
});

export const ConversationsQuery = Type.Object({
  ...PageQuery.properties,
  ...activityFields({
    status: 'Only those whose newest generation has this status.',
    model_id: 'Only those in which this model has answered, or was to answer.',
    persona_id: 'Only those in which this persona has answered, or was to answer.',
    key_id: 'Only those in which this key has paid for an answer.',
    user_id: 'Only those of this end user',
  }),
  environment: Type.Optional(
    oneOf(environments, { description: 'Only those of test or of prod keys.', examples: ['prod'] }),
  ),
  is_archived: Type.Optional(
    Type.Boolean({ description: 'Only those that are archived, or are not.', examples: [false] }),
  ),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1000,
      description:
        'Words that all stand in the title or in one message, or begin a word there; each conversation has a `snippet`. The 400 best matches of each environment are filtered, and come newest first.',
      examples: ['refund'],
    }),
  ),
});

const count = (description: string) => Type.Integer({ minimum: 0, description, examples: [2] });

const fields = {
  id: IdField('The conversation.'),
  title: Type.String({ description: 'Its title.', examples: ['Refund of an order'] }),
  environment: oneOf(environments, { description: 'Of the keys that know it.', examples: ['prod'] }),
  user_id: nullable(Type.String({ description: 'Its end user; null: none.', examples: ['customer-4711'] })),
  is_archived: Type.Boolean({ description: 'Whether it is archived.', examples: [false] }),
  status: orNull(
    oneOf(generationStatuses, {
      description: 'Of its newest generation; null: it has none.',
      examples: ['done'],
    }),
  ),
  messages: count('Its messages, of all sessions and attempts.'),
  sessions: count('Its sessions.'),
  generations: count('Its generations.'),
  total_tokens: count('Tokens of prompts and answers of its generations.'),
  model_name: nullable(
    Type.String({
      description: 'The model of its newest generation, as it was named then; null: it has none.',
      examples: ['GPT-5 mini'],
    }),
  ),
  persona: PersonaReference('The persona of its newest generation; null: a bare model, or none.'),
  cost: nullable(
    Type.Number({
      description: "Cost of its generations, by the models' prices; null where none had prices.",
      examples: [0.0042],
    }),
  ),
  created_by: CreatedByField,
  created_at: createdAt,
  updated_at: updatedAt,
};

export const OrganizationConversationSchema = Type.Object(
  {
    ...fields,
    snippet: Type.Optional(
      Type.String({ description: 'With `q`: the text around the words.', examples: ['a refund of'] }),
    ),
    message_id: Type.Optional(
      orNull(IdField('With `q`: the message that the words stand in; null: they stand in the title.')),
    ),
  },
  {
    $id: 'OrganizationConversation',
    title: 'OrganizationConversation',
    description: 'A conversation, with what it comes to.',
  },
);

export const OrganizationConversation = Type.Ref('OrganizationConversation#');

export const OrganizationSessionSchema = Type.Object(
  {
    id: IdField('The session.'),
    model_id: IdField('Its model.'),
    persona: PersonaReference('Its persona; null: a bare model.'),
    status: oneOf(sessionStatuses, {
      description: '`completed` ones take no more messages.',
      examples: ['active'],
    }),
    created_at: TimeField('When it was made.'),
    updated_at: TimeField('When it was changed last.'),
  },
  { $id: 'OrganizationSession', title: 'OrganizationSession', description: 'A session of a conversation.' },
);

export const ConversationWithSessions = Type.Object(
  {
    ...fields,
    session_list: Type.Array(Type.Ref('OrganizationSession#'), {
      description: 'Its sessions, oldest first.',
    }),
  },
  { title: 'OrganizationConversationWithSessions', description: 'A conversation, with its sessions.' },
);

export function toConversationResource(record: ConversationSummary, createdBy: NamedCreator | null) {
  return {
    id: record.id,
    title: record.title,
    environment: record.environment,
    user_id: record.userId,
    is_archived: record.isArchived,
    status: record.status,
    messages: record.messages,
    sessions: record.sessions,
    generations: record.generations,
    total_tokens: record.totalTokens,
    model_name: record.modelName,
    persona: record.persona,
    cost: record.cost,
    created_by: createdBy,
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}

export function toSessionResource(session: SessionRecord): Static<typeof OrganizationSessionSchema> {
  const { personaId: id, personaVersion: version } = session;
  return {
    id: session.id,
    model_id: session.modelId,
    persona: id === null || version === null ? null : { id, version },
    status: session.status,
    created_at: toTime(session.createdAt),
    updated_at: toTime(session.updatedAt),
  };
}
