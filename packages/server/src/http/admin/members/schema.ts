/** The schemas of members and their tokens. */
import { type Static, Type } from 'typebox';
import { roles } from '../../../domain/organization.ts';
import { toTime, toTimeOrNull } from '../../../domain/text/time.ts';
import type { SignIns } from '../../../store/queries/accounts.ts';
import type { MemberRecord } from '../../../store/queries/members.ts';
import { closed, IdField, nullable, oneOf, TextField, TimeField } from '../../openapi/fields.ts';
import { createdAt, OrganizationParams, updatedAt } from '../schema.ts';

const maxTokenTtlSeconds = 31_536_000;

const fields = {
  name: TextField('The name.', 'Ada Lovelace', { maxLength: 255 }),
  email: Type.String({
    format: 'email',
    maxLength: 254,
    description: 'The e-mail address, unique in the organization; kept in lower case.',
    examples: ['ada@example.com'],
  }),
  role: oneOf(roles, {
    description: '`owner` and `admin` administer; `guest` only reads.',
    examples: ['member'],
  }),
};

export const Member = Type.Object(
  {
    id: IdField('The id.'),
    ...fields,
    can_sign_in: Type.Boolean({
      description: 'Whether the member has an account of the console; an invitation gives one.',
      examples: [true],
    }),
    last_seen_at: nullable(TimeField('When the console was used last, to the minute; null: never.')),
    sessions: Type.Integer({
      minimum: 0,
      description: 'In how many browsers the member is signed in.',
      examples: [1],
    }),
    created_at: createdAt,
    updated_at: updatedAt,
  },
  { title: 'Member', description: 'A person who works in the organization.' },
);

export const MemberParams = Type.Object({ ...OrganizationParams.properties, id: IdField('The member.') });
export const CreateMemberBody = Type.Object(fields, { ...closed, title: 'NewMember' });
export const UpdateMemberBody = Type.Object(
  {
    name: Type.Optional(fields.name),
    email: Type.Optional(fields.email),
    role: Type.Optional(fields.role),
  },
  { ...closed, title: 'MemberChanges', examples: [{ role: 'admin' }] },
);
export const MemberTokenBody = Type.Object(
  {
    ttl_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxTokenTtlSeconds,
        description: 'How long the token lives; the default is `TOKEN_TTL_SECONDS` of the server.',
        examples: [3600],
      }),
    ),
  },
  { ...closed, title: 'NewMemberToken', examples: [{ ttl_seconds: 3600 }] },
);
export const MemberToken = Type.Object(
  {
    token: Type.String({ description: 'For `Authorization: Bearer`.', examples: ['eyJhbGciOiJIUzI1NiIs…'] }),
    expires_at: Type.Integer({ description: 'Unix seconds.', examples: [1770571652] }),
  },
  {
    title: 'MemberToken',
    description: "A member's token; it has the role that the member has when it is used.",
  },
);

export function toMemberResource(
  record: MemberRecord,
  signIns: ReadonlyMap<string, SignIns>,
): Static<typeof Member> {
  const { lastSeenAt = null, sessions = 0 } = signIns.get(record.accountId ?? '') ?? {};
  return {
    id: record.id,
    name: record.name,
    email: record.email,
    role: record.role,
    can_sign_in: record.accountId !== null,
    last_seen_at: toTimeOrNull(lastSeenAt),
    sessions,
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}
