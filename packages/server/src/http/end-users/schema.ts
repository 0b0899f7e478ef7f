/** The schemas of receipts for erased data. */
import { Type } from 'typebox';

/** What erased data leaves, and for how long. */
const KeptCopies = Type.Array(Type.String(), {
  description: 'Where copies of what was erased may still be, and until when: a sentence each.',
  examples: [['backups that were made before keep what was erased']],
});

/** A receipt. @param title of the schema; `counted` describes what was deleted */
export function Erased(title: string, counted: string) {
  return Type.Object(
    {
      deleted: Type.Record(Type.String(), Type.Integer(), {
        description: counted,
        examples: [{ conversations: 3, messages: 12 }],
      }),
      kept: KeptCopies,
    },
    { title, description: 'What was deleted.' },
  );
}

export const ErasedUser = Erased(
  'ErasedUser',
  'How many entries went, by store; usage stays, without the user.',
);
