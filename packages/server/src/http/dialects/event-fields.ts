/** Fields of stream events that several dialects send alike. */
import { Type } from 'typebox';
import { FinishReasonSchema } from '../openapi/fields.ts';
import { ErrorSchema } from '../openapi/responses.ts';

/** Fields of the event that tells a turn's place in the queue. */
export const queuedFields = {
  position: Type.Integer({ minimum: 1, description: 'The place in the queue.', examples: [1] }),
};

/** Fields of the last event of an answer that is done or was cancelled. */
export const endFields = {
  finish_reason: FinishReasonSchema,
  usage: Type.Ref('Usage#'),
  sources: Type.Optional(
    Type.Array(Type.Ref('Source#'), { description: 'The pages that the answer draws on.' }),
  ),
};

/** Fields of the last event of an answer that failed. */
export const failureFields = {
  code: ErrorSchema.properties.code,
  message: Type.String({ description: 'What went wrong, for people.', examples: ['the model failed'] }),
};
