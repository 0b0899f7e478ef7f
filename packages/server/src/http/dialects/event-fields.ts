/** Stream events, and fields of such, that several dialects send alike. */
import { Type } from 'typebox';
import { FinishReasonSchema } from '../openapi/fields.ts';
import { ErrorSchema } from '../openapi/responses.ts';

/** The event that tells a turn's place in the queue. */
export const QueuedEventSchema = Type.Object(
  {
    type: Type.Literal('queued', { description: 'The type of the event.' }),
    position: Type.Integer({ minimum: 1, description: 'The place in the queue.', examples: [1] }),
  },
  { title: 'QueuedEvent', description: 'Second, where the turn waits for another of its session.' },
);

/** Fields of the last event of an answer that is done or was cancelled. */
export const endFields = {
  finish_reason: FinishReasonSchema,
  usage: Type.Ref('Usage#'),
  sources: Type.Optional(
    Type.Array(Type.Ref('Source#'), { description: 'The pages that the answer draws on.' }),
  ),
};

/** The last event of an answer that failed. */
export const ErrorEventSchema = Type.Object(
  {
    type: Type.Literal('error', { description: 'The type of the event.' }),
    code: ErrorSchema.properties.code,
    message: Type.String({ description: 'What went wrong, for people.', examples: ['the model failed'] }),
  },
  { title: 'ErrorEvent', description: 'The last event where the answer failed; what was sent is kept.' },
);
