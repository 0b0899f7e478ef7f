/** The schemas of an organization's generations. */
import { Type } from 'typebox';
import type { GenerationRecord } from '../../../domain/generation.ts';
import { environments, type NamedCreator } from '../../../domain/scope.ts';
import { toView } from '../../../generation/view.ts';
import { GenerationSchema, toGeneration } from '../../generations/schema.ts';
import { IdField, nullable, oneOf, orNull, PersonaReference } from '../../openapi/fields.ts';
import { activityFields } from '../activity.ts';
import { PageQuery } from '../page.ts';
import { OrganizationParams } from '../schema.ts';

export const GenerationParams = Type.Object({
  ...OrganizationParams.properties,
  generation_id: IdField('The generation.'),
});

export const GenerationsQuery = Type.Object({
  ...PageQuery.properties,
  ...activityFields({
    status: 'Only those with this status.',
    model_id: 'Only those that this model answers.',
    persona_id: 'Only those of this persona.',
    key_id: 'Only those that this key pays.',
    user_id: 'Only those of this end user',
  }),
  conversation_id: Type.Optional(IdField('Only those of this conversation.')),
});

export const OrganizationGenerationSchema = Type.Object(
  {
    ...GenerationSchema.properties,
    environment: oneOf(environments, { description: 'Of its conversation.', examples: ['prod'] }),
    user_id: nullable(Type.String({ description: 'The end user; null: none.', examples: ['customer-4711'] })),
    key_id: orNull(IdField('The key that pays; null: none.')),
    persona: PersonaReference('The persona that answers; null: a bare model.'),
    cost: nullable(
      Type.Number({
        description: "Cost of its calls, by the models' prices; null where none has prices.",
        examples: [0.0042],
      }),
    ),
    retries: Type.Integer({
      minimum: 0,
      description: 'How often calls to providers were made again.',
      examples: [0],
    }),
    owner: nullable(
      Type.Integer({
        minimum: 0,
        description:
          'The process that wrote it, by the number that `replicas` of the health report names; null: it waits.',
        examples: [7],
      }),
    ),
  },
  {
    $id: 'OrganizationGeneration',
    title: 'OrganizationGeneration',
    description: 'A generation, with what is told to administrators.',
  },
);

export const OrganizationGeneration = Type.Ref('OrganizationGeneration#');

/** `userId` is the `user_id` of its end user. */
export function toGenerationResource(
  generation: GenerationRecord,
  userId: string | null,
  createdBy: NamedCreator | null,
) {
  const { environment, apiKeyId, personaId, personaVersion, cost, retries, owner } = generation;
  return {
    ...toGeneration(toView(generation, undefined), 'insiders', createdBy),
    environment,
    user_id: userId,
    key_id: apiKeyId,
    persona:
      personaId === null || personaVersion === null ? null : { id: personaId, version: personaVersion },
    cost,
    retries,
    owner,
  };
}
