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

export const ErasedUser = Type.Object(
  {
    deleted: Type.Record(Type.String(), Type.Integer(), {
      description: 'How many entries went, by store; usage stays, without the user.',
      examples: [{ conversations: 3, messages: 12 }],
    }),
  },
  { title: 'ErasedUser', description: 'What was deleted.' },
);
