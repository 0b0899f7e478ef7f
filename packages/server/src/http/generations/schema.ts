/** The schema of a generation, and how a generation goes over the wire. */

import { Type } from 'typebox';
import { dialects, generationStatuses } from '../../domain/generation.ts';
import { providers } from '../../domain/model.ts';
import type { NamedCreator } from '../../domain/scope.ts';
import { toTime, toTimeOrNull } from '../../domain/text/time.ts';
import type { GenerationView } from '../../generation/interface.ts';
import { type Audience, failureFor } from '../answer/audience.ts';
import {
  CreatedByField,
  exampleCreator,
  exampleId,
  exampleUsage,
  FinishReasonSchema,
  IdField,
  oneOf,
  orNull,
  TimeField,
} from '../openapi/fields.ts';
import { FailureField } from '../openapi/responses.ts';

export const DialectSchema = oneOf(dialects, {
  description: 'A dialect of the API.',
  examples: ['chat'],
});

export const GenerationSchema = Type.Object(
  {
    id: IdField('The generation.'),
    status: oneOf(generationStatuses, {
      description: 'The last four are final.',
      examples: ['done'],
    }),
    dialect: DialectSchema,
    conversation_id: IdField('The conversation.'),
    session_id: IdField('The session.'),
    message_id: IdField('The answer.'),
    created_by: CreatedByField,
    model: Type.Object(
      {
        id: IdField('The model.'),
        name: Type.String({ description: "The model's name here.", examples: ['GPT-5 mini'] }),
        provider: oneOf(providers, {
          description: 'Who runs it.',
          examples: ['openai'],
        }),
      },
      { title: 'GenerationModel', description: 'The model that answers.' },
    ),
    requested_model_id: IdField('The model that was asked first.'),
    created_at: TimeField('When it was accepted.'),
    started_at: orNull(TimeField('When the model was asked.')),
    first_token_at: orNull(TimeField('When the answer began.')),
    finished_at: orNull(TimeField('When it ended.')),
    finish_reason: orNull(FinishReasonSchema),
    usage: orNull(Type.Ref('Usage#')),
    error: FailureField,
  },
  { $id: 'Generation', title: 'Generation', description: 'The background job that answers a message.' },
);

export const exampleGeneration = {
  id: exampleId,
  status: 'done',
  dialect: 'chat',
  conversation_id: exampleId,
  session_id: exampleId,
  message_id: exampleId,
  created_by: exampleCreator,
  model: { id: exampleId, name: 'GPT-5 mini', provider: 'openai' },
  requested_model_id: exampleId,
  created_at: '2026-11-22T20:30:00.000Z',
  started_at: '2026-11-22T20:30:00.010Z',
  first_token_at: '2026-11-22T20:30:00.300Z',
  finished_at: '2026-11-22T20:30:02.000Z',
  finish_reason: 'stop',
  usage: exampleUsage,
  error: null,
};

/** A generation as those of this audience see it. */
export function toGeneration(view: GenerationView, audience: Audience, createdBy: NamedCreator | null) {
  return {
    id: view.id,
    status: view.status,
    dialect: view.dialect,
    conversation_id: view.conversationId,
    session_id: view.sessionId,
    message_id: view.messageId,
    created_by: createdBy,
    model: view.model,
    requested_model_id: view.requestedModelId,
    created_at: toTime(view.createdAt),
    started_at: toTimeOrNull(view.startedAt),
    first_token_at: toTimeOrNull(view.firstTokenAt),
    finished_at: toTimeOrNull(view.finishedAt),
    finish_reason: view.finishReason,
    usage: view.usage,
    error: view.error && failureFor(view.error, audience),
  };
}
