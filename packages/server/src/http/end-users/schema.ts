/** The schemas of receipts for erased data. */
import { Type } from 'typebox';

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
