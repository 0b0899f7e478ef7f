/** The schemas of end users. */
import { type Static, Type } from 'typebox';
import { generationStatuses } from '../../../domain/generation.ts';
import type { Limits } from '../../../domain/limits/limits.ts';
import { environments } from '../../../domain/scope.ts';
import { toTime, toTimeOrNull } from '../../../domain/text/time.ts';
import type { UserSummary } from '../../../store/reports/user-list.ts';
import { IdField, oneOf, orNull, TimeField, ticked } from '../../openapi/fields.ts';
import { activityFields } from '../activity.ts';
import { Consumed, type ConsumedSchema } from '../consumed.ts';
import { LimitsField } from '../limit-fields.ts';
import { PageQuery } from '../page.ts';
import { OrganizationParams } from '../schema.ts';

export const UserParams = Type.Object({
  ...OrganizationParams.properties,
  user_id: Type.String({ description: 'The `user_id` of `get_token`.', examples: ['customer-4711'] }),
});

export const UserQuery = Type.Object({
  environment: Type.Optional(
    oneOf(environments, {
      description: 'Only the user of test or of prod keys; without it, both.',
      examples: ['prod'],
    }),
  ),
});

export const NamedUserQuery = Type.Object({
  // Optional here, so that the refusal of a missing one does not come before that of a foreign organization.
  user_id: Type.Optional({ ...UserParams.properties.user_id, ...ticked }),
  ...UserQuery.properties,
});

export const UsersQuery = Type.Object({
  ...PageQuery.properties,
  ...activityFields({
    status: 'Only those whose newest generation has this status.',
    model_id: 'Only those whom this model has answered, or was to answer.',
    persona_id: 'Only those whom this persona has answered, or was to answer.',
    key_id: 'Only those for whom this key has paid for an answer.',
    user_id: 'Only those with this id, at most one of test and one of prod keys',
  }),
  environment: Type.Optional(
    oneOf(environments, { description: 'Only those of test or of prod keys.', examples: ['prod'] }),
  ),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'A part of the `user_id`, in whatever case.',
      examples: ['4711'],
    }),
  ),
});

const count = (description: string) => Type.Integer({ minimum: 0, description, examples: [12] });

export const EndUserSchema = Type.Object(
  {
    id: IdField('The id that lines of usage name.'),
    user_id: Type.String({ description: 'The `user_id` of `get_token`.', examples: ['customer-4711'] }),
    environment: oneOf(environments, { description: 'The keys that know the user.', examples: ['prod'] }),
    status: orNull(
      oneOf(generationStatuses, {
        description: 'Of the newest generation; null: there is none.',
        examples: ['done'],
      }),
    ),
    conversations: count('The conversations that the user has.'),
    requests: count('Generations that asked a model, whatever came of it.'),
    errors: count('Calls where the model failed, also where another one answered in its place.'),
    prompt_tokens: count('Tokens of prompts, of all calls.'),
    completion_tokens: count('Tokens of what the models wrote in these calls.'),
    total_tokens: count('Both together.'),
    cost: Type.Number({
      minimum: 0,
      description: "Cost of these calls, by the models' prices.",
      examples: [0.42],
    }),
    unpriced_calls: count('Calls of models without prices.'),
    limits: LimitsField('the user, with whatever key,'),
    consumed: Consumed,
    created_at: TimeField('When the user got a token first.'),
    last_active_at: orNull(TimeField('When the newest generation was made; null: there is none.')),
  },
  { $id: 'EndUser', title: 'EndUser', description: 'An end user, with what was used in all.' },
);

export const EndUser = Type.Ref('EndUser#');

export function toUserResource(
  user: UserSummary,
  limits: Limits,
  consumed: Static<typeof ConsumedSchema>,
): Static<typeof EndUserSchema> {
  return {
    id: user.id,
    user_id: user.externalId,
    environment: user.environment,
    status: user.status,
    conversations: user.conversations,
    requests: user.requests,
    errors: user.errors,
    prompt_tokens: user.promptTokens,
    completion_tokens: user.completionTokens,
    total_tokens: user.promptTokens + user.completionTokens,
    cost: user.cost,
    unpriced_calls: user.unpricedCalls,
    limits,
    consumed,
    created_at: toTime(user.createdAt),
    last_active_at: toTimeOrNull(user.lastActiveAt),
  };
}
