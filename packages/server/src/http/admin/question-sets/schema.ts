/** The schemas of sets of questions. */
import { type Static, Type } from 'typebox';
import {
  maxQuestionSetCharacters,
  maxQuestionSets,
  maxQuestions,
  maxQuestionTurns,
} from '../../../domain/evaluation/question-set.ts';
import type { NamedCreator } from '../../../domain/scope.ts';
import { toTime } from '../../../domain/text/time.ts';
import type { QuestionRecord, QuestionSetRecord } from '../../../store/queries/question-sets.ts';
import {
  CreatedByField,
  closed,
  exampleId,
  IdField,
  MessageField,
  orNull,
  TextField,
} from '../../openapi/fields.ts';
import { createdAt, OrganizationParams, updatedAt } from '../schema.ts';

const name = TextField('The name.', 'Refunds', { maxLength: 255 });
const exampleTurns = ['Where is my order?', 'It was number 4711.'];
const turns = Type.Array(MessageField('What the user says.', 'Where is my order?'), {
  minItems: 1,
  maxItems: maxQuestionTurns,
  description: 'What the user says, one message for each turn.',
  examples: [exampleTurns],
});

export const Question = Type.Object(
  {
    id: IdField('The id.'),
    turns,
    conversation_id: orNull(
      IdField('The conversation that it was taken from, with which it goes; null: it was written.'),
    ),
    created_at: createdAt,
  },
  { title: 'Question', description: 'What a user says, to see how a persona answers.' },
);

const setFields = {
  id: IdField('The id.'),
  name,
  question_count: Type.Integer({ minimum: 0, description: 'How many questions it has.', examples: [12] }),
  created_by: CreatedByField,
  created_at: createdAt,
  updated_at: updatedAt,
};

export const QuestionSet = Type.Object(setFields, {
  title: 'QuestionSet',
  description: 'A set of saved questions, without them.',
});
export const QuestionSetWithQuestions = Type.Object(
  { ...setFields, questions: Type.Array(Question, { description: 'In their order.' }) },
  { title: 'QuestionSetWithQuestions', description: 'A set of saved questions.' },
);

export const QuestionSetParams = Type.Object({
  ...OrganizationParams.properties,
  id: IdField('The set.'),
});
export const QuestionParams = Type.Object({
  ...QuestionSetParams.properties,
  question_id: IdField('The question.'),
});

const WrittenQuestion = Type.Object(
  { turns },
  { ...closed, title: 'WrittenQuestion', description: 'A question.', examples: [{ turns: exampleTurns }] },
);

const bounds = `A set has at most ${maxQuestions} questions, of ${maxQuestionSetCharacters} characters together.`;

export const CreateQuestionSetBody = Type.Object(
  {
    name,
    questions: Type.Optional(
      Type.Array(WrittenQuestion, {
        maxItems: maxQuestions,
        description: bounds,
        examples: [[{ turns: exampleTurns }]],
      }),
    ),
  },
  {
    ...closed,
    title: 'NewQuestionSet',
    description: `An organization has at most ${maxQuestionSets} sets.`,
  },
);

const ChangedQuestion = Type.Object(
  {
    id: Type.Optional(IdField('A question of the set, which stays as it is.')),
    turns: Type.Optional(turns),
  },
  {
    ...closed,
    title: 'KeptOrNewQuestion',
    description: 'Either the `id` of a question that stays, or the `turns` of a new one.',
    examples: [{ id: exampleId }, { turns: exampleTurns }],
  },
);

export const UpdateQuestionSetBody = Type.Object(
  {
    name: Type.Optional(name),
    questions: Type.Optional(
      Type.Array(ChangedQuestion, {
        maxItems: maxQuestions,
        description: `All questions that it has from then on, in this order; those that are not named go. ${bounds}`,
        examples: [[{ id: exampleId }, { turns: exampleTurns }]],
      }),
    ),
  },
  { ...closed, title: 'QuestionSetChanges', examples: [{ questions: [{ turns: exampleTurns }] }] },
);

export const AddQuestionBody = Type.Object(
  {
    turns: Type.Optional(turns),
    conversation_id: Type.Optional(
      IdField(
        `A conversation of the organization in place of \`turns\`: the first ${maxQuestionTurns} messages of the user in its shown branch are taken. The question goes with it, and each text with its message.`,
      ),
    ),
    message_ids: Type.Optional(
      Type.Array(IdField('A message of the user in that conversation.'), {
        minItems: 1,
        maxItems: maxQuestionTurns,
        description: 'Those of its messages that are taken in place of the first ones, in this order.',
        examples: [[exampleId]],
      }),
    ),
    session_id: Type.Optional(
      IdField('The session of that conversation; otherwise the one that was used last.'),
    ),
  },
  {
    ...closed,
    title: 'NewQuestion',
    description: 'Either `turns` or `conversation_id`.',
    examples: [{ turns: exampleTurns }],
  },
);

export function toQuestionSet(
  record: QuestionSetRecord,
  createdBy: NamedCreator | null,
): Static<typeof QuestionSet> {
  return {
    id: record.id,
    name: record.name,
    question_count: record.questions,
    created_by: createdBy && { ...createdBy },
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}

export function toQuestion(record: QuestionRecord): Static<typeof Question> {
  return {
    id: record.id,
    turns: [...record.turns],
    conversation_id: record.conversationId,
    created_at: toTime(record.createdAt),
  };
}
