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

/** What erased data leaves, and for how long. */
export const KeptCopies = Type.Array(Type.String(), {
  description: 'Where copies of what was erased may still be, and until when: a sentence each.',
  examples: [['backups that were made before keep what was erased']],
});

export const ErasedUser = Type.Object(
  {
    deleted: Type.Record(Type.String(), Type.Integer(), {
      description: 'How many entries went, by store; usage stays, without the user.',
      examples: [{ conversations: 3, messages: 12 }],
    }),
    kept: KeptCopies,
  },
  { title: 'ErasedUser', description: 'What was deleted.' },
);
