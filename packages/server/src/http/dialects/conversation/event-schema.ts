/** The events of the conversation dialect, as `/docs` shows them. */
import { Type } from 'typebox';
import { exampleId, exampleUsage, IdField } from '../../openapi/fields.ts';
import { ErrorEventSchema, endFields, QueuedEventSchema } from '../event-fields.ts';

const type = <Name extends string>(name: Name) =>
  Type.Literal(name, { description: 'The type of the event; its `event:` name as well.' });

export const ConversationEventSchema = Type.Unsafe<{ type: string }>({
  $id: 'ConversationEvent',
  title: 'ConversationEvent',
  description: 'The `data:` of one event of the conversation dialect, one line of JSON.',
  oneOf: [
    Type.Object(
      { type: type('start'), message_id: IdField('The answer.') },
      { title: 'ConversationStartEvent', description: 'The first event.' },
    ),
    QueuedEventSchema,
    Type.Object(
      {
        type: type('content'),
        content: Type.String({ description: 'The next piece of the answer.', examples: ['They'] }),
      },
      { title: 'ConversationContentEvent', description: 'A piece of the answer.' },
    ),
    Type.Object(
      {
        type: type('end'),
        ...endFields,
      },
      { title: 'ConversationEndEvent', description: 'The last event.' },
    ),
    ErrorEventSchema,
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
