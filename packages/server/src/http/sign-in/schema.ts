/** The schemas of signing in, of accounts and of their sessions. */

import { type Static, Type } from 'typebox';
import type { LinkFacts } from '../../auth/accounts/accounts.ts';
import type { Entered, Profile } from '../../auth/accounts/entrance.ts';
import type { SignedIn } from '../../auth/accounts/sessions.ts';
import {
  linkPurposes,
  passkeyStates,
  passwordCharacters,
  sessionEnd,
  signInMethods,
} from '../../domain/accounts/account.ts';
import { roles } from '../../domain/organization.ts';
import { toTime } from '../../domain/text/time.ts';
import type { Membership, SessionRecord } from '../../store/queries/accounts.ts';
import { answer } from '../openapi/answers.ts';
import { closed, IdField, nullable, oneOf, orNull, TextField, TimeField } from '../openapi/fields.ts';
import { errorResponses } from '../openapi/responses.ts';

export const tags = ['console'];

/** The prefix of what the console signs in with. */
export const consolePath = '/api/console';

export const refusals = errorResponses(400, 401, 403, 404, 409, 429, 503);

const token = TextField('The token of the link, which stands behind `#` in it.', 'kq3…', { maxLength: 200 });
const name = TextField('The name of the person.', 'Ada Lovelace', { maxLength: 255 });
const email = Type.String({
  format: 'email',
  maxLength: 254,
  description: 'The e-mail address of the person; kept in lower case.',
  examples: ['ada@example.com'],
});
const newPassword = Type.String({
  minLength: passwordCharacters.least,
  maxLength: passwordCharacters.most,
  description: `A new password of ${passwordCharacters.least} to ${passwordCharacters.most} characters of any kind.`,
  examples: ['correct horse battery staple'],
});
/** One that is compared: what is too short is wrong, not malformed. */
export const givenPassword = (description: string) =>
  TextField(description, 'correct horse battery staple', { maxLength: 1024 });

export const SetUpBody = Type.Object(
  { token, name, email, password: Type.Optional(newPassword) },
  { ...closed, title: 'SetUp' },
);
export const SignInBody = Type.Object(
  { email, password: givenPassword('The password.') },
  { ...closed, title: 'SignIn' },
);
export const LinkBody = Type.Object(
  {
    token,
    name: Type.Optional(name),
    password: Type.Optional(
      givenPassword(
        'The new password; with an invitation for an address that has an account, the password of that account.',
      ),
    ),
  },
  { ...closed, title: 'FollowedLink' },
);
export const LookBody = Type.Object({ token }, { ...closed, title: 'LookedAtLink' });
export const AccountChanges = Type.Object(
  {
    name: Type.Optional(name),
    password: Type.Optional(newPassword),
    current_password: Type.Optional(
      givenPassword('The present password, which a new one needs where there is one.'),
    ),
  },
  { ...closed, title: 'AccountChanges', examples: [{ name: 'Ada Lovelace' }] },
);
export const TokenBody = Type.Object(
  {
    org_id: Type.Optional(IdField('The organization that the token is for.')),
    operator: Type.Optional(
      Type.Boolean({
        description: 'With `true`, the token is for what the operator may do.',
        examples: [true],
      }),
    ),
  },
  { ...closed, title: 'NewSessionToken', examples: [{ operator: true }] },
);
export const NewLinkBody = Type.Object(
  {
    email,
    purpose: oneOf(['invite', 'reset'], {
      description: '`invite`: a new member, or a new operator; `reset`: the way back into an account.',
      examples: ['invite'],
    }),
    org_id: Type.Optional(
      IdField('Of an invitation: the organization. An operator leaves it out to make an operator.'),
    ),
    role: Type.Optional(
      oneOf(roles, {
        description: 'Of an invitation: the role; the default is `member`.',
        examples: ['member'],
      }),
    ),
  },
  { ...closed, title: 'NewSignInLink' },
);
/** Of changes without a body, which say all the same that they could not be a form of another site. */
export const JsonHeader = Type.Object({
  'content-type': Type.String({
    description: '`application/json`, though there is no body.',
    examples: ['application/json'],
  }),
});

export const SessionParams = Type.Object({ id: IdField('The session.') });

const expiresAt = TimeField('Until when it is good.');

export const NewLink = Type.Object(
  {
    url: Type.String({
      description: 'The link, good once. Nobody but the person should get it.',
      examples: ['https://chat.example.com/console#link=kq3…'],
    }),
    expires_at: expiresAt,
  },
  { title: 'SignInLink', description: 'A link that is good once.' },
);

export const SessionToken = Type.Object(
  {
    token: Type.String({ description: 'For `Authorization: Bearer`.', examples: ['eyJhbGciOiJIUzI1NiIs…'] }),
    expires_at: Type.Integer({ description: 'Unix seconds.', examples: [1770571652] }),
  },
  {
    title: 'SessionToken',
    description: 'A token of five minutes, which ends with the session that it was asked for in.',
  },
);

const membership = Type.Object(
  {
    id: IdField('The organization.'),
    name: Type.String({ description: 'Its name.', examples: ['Acme'] }),
    role: oneOf(roles, { description: 'What the account may do there.', examples: ['owner'] }),
    member_id: IdField('The member that the account is there.'),
  },
  { description: 'An organization that the account is a member of.' },
);

export const ProfileSchema = Type.Object(
  {
    account: Type.Object(
      {
        id: IdField('The id.'),
        email,
        name,
        has_password: Type.Boolean({ description: 'Whether it has a password.', examples: [true] }),
        created_at: TimeField('When it was made.'),
      },
      { description: 'The person.' },
    ),
    organizations: Type.Array(membership, { description: 'By their names.' }),
    operator: Type.Boolean({ description: 'Whether the account is an operator.', examples: [false] }),
    session: Type.Object(
      {
        id: IdField('The id of the session of this browser.'),
        expires_at: TimeField('When it ends if it is not used any more.'),
      },
      { description: 'The session of this browser.' },
    ),
  },
  { $id: 'Profile', title: 'Profile', description: 'Who is signed in, and what they may do.' },
);

const cookie = {
  'Set-Cookie': Type.String({
    description: 'The session, `__Host-colloquy`, or `colloquy` without HTTPS: `HttpOnly; SameSite=Lax`.',
  }),
};
export const entered = { ...answer('Who is signed in now.', Type.Ref('Profile#')), headers: cookie };

export const OptionsSchema = Type.Object(
  {
    is_set_up: Type.Boolean({
      description:
        'Whether an operator has an account; if not, the link that the server prints at its start makes one.',
      examples: [true],
    }),
    password: Type.Boolean({ description: 'Whether one can sign in by a password.', examples: [true] }),
    oidc: orNull(
      Type.Object(
        {
          label: Type.String({ description: 'What the button says.', examples: ['Acme SSO'] }),
          url: Type.String({
            description: 'The path that begins it; the page goes there.',
            examples: ['/api/console/oidc/start'],
          }),
        },
        { description: 'The OpenID provider; null: there is none.' },
      ),
    ),
    passkeys: Type.Object(
      {
        state: oneOf(passkeyStates, {
          description:
            '`no_host_name`: the server is reached by a number, which passkeys can’t be bound to; `insecure`: by plain HTTP; `off`: only the OpenID provider lets people in.',
          examples: ['available'],
        }),
        origin: nullable(
          Type.String({
            description: 'Where they work; null: nowhere.',
            examples: ['https://chat.example.com'],
          }),
        ),
      },
      { description: 'Whether one can sign in by a passkey.' },
    ),
    is_secure: Type.Boolean({
      description: 'Whether the connection is one that nobody else can read: HTTPS, or this machine.',
      examples: [true],
    }),
  },
  { title: 'SignInOptions', description: 'How one can sign in.' },
);

export const LinkFactsSchema = Type.Object(
  {
    purpose: oneOf(linkPurposes, { description: 'What it is for.', examples: ['invite'] }),
    email: nullable(
      Type.String({ description: 'Whom it is for; null: whoever sets up.', examples: ['ada@example.com'] }),
    ),
    organization: nullable(
      Type.String({ description: 'The organization that it invites to.', examples: ['Acme'] }),
    ),
    role: orNull(oneOf(roles, { description: 'The role that it gives.', examples: ['member'] })),
    has_account: Type.Boolean({
      description:
        'Whether the address has an account, so that an invitation needs its password or a sign-in.',
      examples: [false],
    }),
    expires_at: expiresAt,
  },
  { title: 'LinkFacts', description: 'What a link is for.' },
);

const SessionSchema = Type.Object(
  {
    id: IdField('The id.'),
    method: oneOf(signInMethods, { description: 'How it began.', examples: ['password'] }),
    address: nullable(Type.String({ description: 'Where it began.', examples: ['203.0.113.7'] })),
    user_agent: nullable(Type.String({ description: 'The browser.', examples: ['Mozilla/5.0 …'] })),
    created_at: TimeField('When it began.'),
    last_used_at: TimeField('When it was used last, to the minute.'),
    expires_at: TimeField('When it ends if it is not used any more.'),
    is_current: Type.Boolean({ description: 'Whether it is that of this browser.', examples: [true] }),
  },
  { title: 'SignInSession', description: 'A browser in which the account is signed in.' },
);
export const SessionList = Type.Object(
  { data: Type.Array(SessionSchema, { description: 'That which was used last first.' }) },
  { title: 'SignInSessionList', description: 'The sessions of the account.' },
);

function toMembership({ organizationId, organizationName, role, memberId }: Membership) {
  return { id: organizationId, name: organizationName, role, member_id: memberId };
}

export function toProfile(
  { account, memberships }: Profile,
  session: { readonly id: string; readonly endsAt: number },
): Static<typeof ProfileSchema> {
  const { id, email: address, name: called, password, createdAt, isOperator } = account;
  return {
    account: {
      id,
      email: address,
      name: called,
      has_password: password !== null,
      created_at: toTime(createdAt),
    },
    organizations: memberships.map(toMembership),
    operator: isOperator,
    session: { id: session.id, expires_at: toTime(session.endsAt) },
  };
}

/** @param now epoch milliseconds */
export function toEntered(entered: Entered, now: number): Static<typeof ProfileSchema> {
  const endsAt = sessionEnd({ createdAt: now, lastUsedAt: now });
  return toProfile(entered, { id: entered.sessionId, endsAt });
}

export function toLinkFacts(facts: LinkFacts): Static<typeof LinkFactsSchema> {
  return {
    purpose: facts.purpose,
    email: facts.email,
    organization: facts.organizationName,
    role: facts.role,
    has_account: facts.hasAccount,
    expires_at: toTime(facts.expiresAt),
  };
}

export function toSessionResource(record: SessionRecord, current: SignedIn): Static<typeof SessionSchema> {
  return {
    id: record.id,
    method: record.method,
    address: record.address,
    user_agent: record.userAgent,
    created_at: toTime(record.createdAt),
    last_used_at: toTime(record.lastUsedAt),
    expires_at: toTime(sessionEnd(record)),
    is_current: record.id === current.sessionId,
  };
}
