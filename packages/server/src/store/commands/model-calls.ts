/** The statement that accounts a call of a model; other commands run it in their transaction. */
import type { ModelCall } from '../../domain/usage.ts';
import { statement } from '../statement.ts';

export const insertModelCall = statement<ModelCall, unknown>((db, param) =>
  db
    .insertInto('model_call')
    .values({
      id: param('id'),
      generation_id: param('generationId'),
      organization_id: param('organizationId'),
      environment: param('environment'),
      end_user_id: param('endUserId'),
      api_key_id: param('apiKeyId'),
      persona_id: param('personaId'),
      model_id: param('modelId'),
      purpose: param('purpose'),
      prompt_tokens: param('promptTokens'),
      completion_tokens: param('completionTokens'),
      provenance: param('provenance'),
      cost: param('cost'),
      created_at: param('createdAt'),
    })
    // A command is retried with the same calls if its answer was lost.
    .onConflict((conflict) => conflict.column('id').doNothing()),
);
