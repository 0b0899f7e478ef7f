/** What the view `events` sends, as `/docs` shows it. */
import { Type } from 'typebox';
import { researchStatuses } from '../../../domain/event.ts';
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
} from '../../openapi/fields.ts';
import { ErrorEventSchema, QueuedEventSchema } from '../event-fields.ts';

const type = <Name extends string>(name: Name) =>
  Type.Literal(name, { description: 'The type of the event.' });

const text = (description: string) => Type.String({ description, examples: ['Hello'] });
const callId = Type.String({ description: 'The tool call.', examples: ['call_1'] });
const milliseconds = (description: string) =>
  orNull(Type.Integer({ minimum: 0, description, examples: [300] }));

const model = Type.Object(
  {
    id: IdField('The model.'),
    name: orNull(Type.String({ description: 'Its name; null: it is gone.', examples: ['GPT-5 mini'] })),
    provider: orNull(Type.String({ description: 'Who runs it; null: it is gone.', examples: ['openai'] })),
  },
  { description: 'The model that was asked first.' },
);

export const GenerationEventSchema = Type.Unsafe<{ type: string }>({
  $id: 'GenerationEvent',
  title: 'GenerationEvent',
  description:
    'The `data:` of one event of the view `events`, one line of JSON. Pass over types that you do not know: there may be more.',
  oneOf: [
    Type.Object(
      {
        type: type('session'),
        session_id: IdField('The session.'),
        conversation_id: IdField('The conversation.'),
        generation_id: IdField('The generation.'),
        message_id: IdField('The answer.'),
        user_message_id: IdField('The message that is answered.'),
        model,
        persona: PersonaReference('The persona that answers.'),
        created_at: TimeField('When it was accepted.'),
      },
      { title: 'SessionEvent', description: 'The first event.' },
    ),
    QueuedEventSchema,
    Type.Object(
      { type: type('started') },
      { title: 'StartedEvent', description: 'The model, or the research before it, is at work.' },
    ),
    Type.Object(
      {
        type: type('status'),
        status: oneOf(researchStatuses, { description: 'What it does.', examples: ['searching'] }),
      },
      { title: 'StatusEvent', description: 'How far an answer with the internet is.' },
    ),
    Type.Object(
      { type: type('reasoning'), text: text('The next piece.') },
      {
        title: 'ReasoningEvent',
        description: 'A piece of the reasoning. End users get it where the persona shows it.',
      },
    ),
    Type.Object(
      { type: type('text'), text: text('The next piece.') },
      { title: 'TextEvent', description: 'A piece of the answer.' },
    ),
    Type.Object(
      {
        type: type('tool_call'),
        id: callId,
        name: Type.String({ description: 'The tool.', examples: ['get_weather'] }),
      },
      { title: 'ToolCallEvent', description: 'A tool call begins.' },
    ),
    Type.Object(
      { type: type('tool_call_delta'), id: callId, text: text('The next piece of its arguments, JSON.') },
      { title: 'ToolCallDeltaEvent', description: 'A piece of the arguments of a tool call.' },
    ),
    Type.Object(
      { type: type('tool_call_end'), id: callId },
      { title: 'ToolCallEndEvent', description: 'The tool call is whole.' },
    ),
    Type.Object(
      {
        type: type('sources'),
        sources: Type.Array(Type.Ref('Source#'), { description: 'The pages that the answer draws on.' }),
        notice: Type.Optional(
          Type.String({
            description: 'Why there are none, or fewer.',
            examples: ['the web could not be searched'],
          }),
        ),
      },
      { title: 'SourcesEvent', description: 'Before the first piece of the answer.' },
    ),
    Type.Object(
      {
        type: type('done'),
        finish_reason: FinishReasonSchema,
        usage: Type.Ref('Usage#'),
        cost: orNull(
          Type.Number({
            description: 'By the prices of the models; null: they have none.',
            examples: [0.01],
          }),
        ),
        ttft_ms: milliseconds('Milliseconds from the start to the first token; null: there was none.'),
        duration_ms: milliseconds('Milliseconds from the start to the end; null: it never started.'),
      },
      { title: 'DoneEvent', description: 'The last event.' },
    ),
    ErrorEventSchema,
  ],
});

/** An example of each event, for the documentation of streams. */
export const generationEventExamples = {
  session: {
    summary: 'First',
    value: {
      type: 'session',
      session_id: exampleId,
      conversation_id: exampleId,
      generation_id: exampleId,
      message_id: exampleId,
      user_message_id: exampleId,
      model: { id: exampleId, name: 'GPT-5 mini', provider: 'openai' },
      persona: { id: 47, version: 3 },
      created_at: exampleTime,
    },
  },
  text: { summary: 'A piece of the answer', value: { type: 'text', text: 'Hello' } },
  done: {
    summary: 'Last',
    value: {
      type: 'done',
      finish_reason: 'stop',
      usage: exampleUsage,
      cost: null,
      ttft_ms: 300,
      duration_ms: 2000,
    },
  },
};
