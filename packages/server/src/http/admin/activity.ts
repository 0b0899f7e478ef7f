/** The filters that lists of generations, conversations and end users share; the audit trail has that of times too. */
import { Type } from 'typebox';
import { invalid } from '../../domain/errors.ts';
import { type GenerationStatus, generationStatuses } from '../../domain/generation.ts';
import { fromTime } from '../../domain/text/time.ts';
import { maxPersonaId } from '../../store/queries/personas.ts';
import { IdField, oneOf, TimeField } from '../openapi/fields.ts';

/** The description of each filter, where it is another one than that of generations. */
export function activityFields(describe: {
  readonly status: string;
  readonly model_id: string;
  readonly persona_id: string;
  readonly key_id: string;
  readonly user_id: string;
}) {
  return {
    status: Type.Optional(oneOf(generationStatuses, { description: describe.status, examples: ['failed'] })),
    model_id: Type.Optional(IdField(describe.model_id)),
    persona_id: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxPersonaId,
        description: describe.persona_id,
        examples: [47],
      }),
    ),
    key_id: Type.Optional(IdField(describe.key_id)),
    user_id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: `${describe.user_id}: the \`user_id\` of \`get_token\`.`,
        examples: ['customer-4711'],
      }),
    ),
    from: Type.Optional(TimeField('Only those made from this time on.')),
    to: Type.Optional(TimeField('Only those made before this time.')),
  };
}

/** What a list is asked to be filtered by, as the store takes it. @throws AppError invalid_request */
export function activityFilter(query: {
  readonly status?: GenerationStatus;
  readonly model_id?: string;
  readonly persona_id?: number;
  readonly key_id?: string;
  readonly from?: string;
  readonly to?: string;
}) {
  return {
    status: query.status,
    modelId: query.model_id?.toLowerCase(),
    personaId: query.persona_id,
    apiKeyId: query.key_id?.toLowerCase(),
    ...timeFilter(query),
  };
}

/** From when and until when, in epoch milliseconds. @throws AppError invalid_request */
export function timeFilter(query: { readonly from?: string; readonly to?: string }) {
  const from = query.from === undefined ? undefined : fromTime(query.from);
  const to = query.to === undefined ? undefined : fromTime(query.to);
  if (from !== undefined && to !== undefined && from >= to) throw invalid('from', 'from must lie before to');
  return { from, to };
}
