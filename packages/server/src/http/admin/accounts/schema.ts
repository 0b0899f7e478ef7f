/** The schemas of accounts. */
import { type Static, Type } from 'typebox';
import { toTime, toTimeOrNull } from '../../../domain/text/time.ts';
import type { AccountRecord, SignIns } from '../../../store/queries/accounts.ts';
import { closed, IdField, nullable, TimeField } from '../../openapi/fields.ts';
import { createdAt } from '../schema.ts';

const operator = Type.Boolean({
  description: 'Whether the person may do all that the admin key may.',
  examples: [false],
});

export const Account = Type.Object(
  {
    id: IdField('The id.'),
    email: Type.String({ description: 'The e-mail address.', examples: ['ada@example.com'] }),
    name: Type.String({ description: 'The name.', examples: ['Ada Lovelace'] }),
    operator,
    has_password: Type.Boolean({ description: 'Whether it has a password.', examples: [true] }),
    last_seen_at: nullable(TimeField('When the console was used last, to the minute; null: never.')),
    sessions: Type.Integer({
      minimum: 0,
      description: 'In how many browsers the person is signed in.',
      examples: [1],
    }),
    created_at: createdAt,
  },
  { title: 'Account', description: 'A person who signs in to the console.' },
);

export const AccountParams = Type.Object({ id: IdField('The account.') });
export const OperatorChange = Type.Object({ operator }, { ...closed, title: 'OperatorChange' });

export function toAccountResource(
  record: AccountRecord,
  signIns: ReadonlyMap<string, SignIns>,
): Static<typeof Account> {
  const { lastSeenAt = null, sessions = 0 } = signIns.get(record.id) ?? {};
  return {
    id: record.id,
    email: record.email,
    name: record.name,
    operator: record.isOperator,
    has_password: record.password !== null,
    last_seen_at: toTimeOrNull(lastSeenAt),
    sessions,
    created_at: toTime(record.createdAt),
  };
}
