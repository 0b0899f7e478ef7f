/** The schemas of end users. */
import { Type } from 'typebox';
import { environments } from '../../../domain/scope.ts';
import { oneOf } from '../../openapi/fields.ts';
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
  user_id: Type.Optional(UserParams.properties.user_id),
  ...UserQuery.properties,
});
