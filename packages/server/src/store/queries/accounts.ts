/** Accounts, their sessions, the links that begin them, and who an account is in which organization. */
import { sql } from 'kysely';
import {
  maxSessions,
  type SignInMethod,
  sessionIdleMs,
  sessionLifetimeMs,
} from '../../domain/accounts/account.ts';
import type { Role } from '../../domain/organization.ts';
import { statement } from '../statement.ts';
import type { Database } from '../tables.ts';
import type { AccountTable, SignInSessionTable } from './account-tables.ts';
import { type Page, type PageRequest, readPage } from './page.ts';

export interface AccountRecord {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  /** The hash of the password, with its parameters; null: there is none. */
  readonly password: string | null;
  readonly isOperator: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

function toAccount(row: AccountTable): AccountRecord {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    password: row.password,
    isOperator: row.is_operator === 1,
    createdAt: row.created_at,
  };
}

export async function findAccountByEmail(db: Database, email: string): Promise<AccountRecord | undefined> {
  const row = await db.selectFrom('account').selectAll().where('email', '=', email).executeTakeFirst();
  return row && toAccount(row);
}

export async function findAccount(db: Database, id: string): Promise<AccountRecord | undefined> {
  const row = await db.selectFrom('account').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toAccount(row);
}

export async function listAccounts(db: Database, page: PageRequest): Promise<Page<AccountRecord>> {
  return readPage(db.selectFrom('account').selectAll(), page, toAccount);
}

/** The account of somebody whom an OpenID provider knows. */
export async function findAccountByIdentity(
  db: Database,
  { issuer, subject }: { readonly issuer: string; readonly subject: string },
): Promise<AccountRecord | undefined> {
  const row = await db
    .selectFrom('account')
    .innerJoin('identity', 'identity.account_id', 'account.id')
    .selectAll('account')
    .where('identity.issuer', '=', issuer)
    .where('identity.subject', '=', subject)
    .executeTakeFirst();
  return row && toAccount(row);
}

/** Whether the server is set up: an operator has an account. */
export async function hasOperator(db: Database): Promise<boolean> {
  const operators = db.selectFrom('account').select('id').where('is_operator', '=', 1);
  return (await operators.limit(1).executeTakeFirst()) !== undefined;
}

/** What an account is in an organization. */
export interface Membership {
  readonly memberId: string;
  readonly organizationId: string;
  readonly organizationName: string;
  readonly role: Role;
}

/** In the order of the organizations' names. */
export async function listMemberships(db: Database, accountId: string): Promise<readonly Membership[]> {
  const rows = await db
    .selectFrom('member')
    .innerJoin('organization', 'organization.id', 'member.organization_id')
    .select(['member.id as memberId', 'member.role as role'])
    .select(['organization.id as organizationId', 'organization.name as organizationName'])
    .where('member.account_id', '=', accountId)
    .orderBy('organization.name')
    .orderBy('organization.id')
    .execute();
  return rows;
}

export interface SessionRecord {
  readonly id: string;
  readonly accountId: string;
  readonly method: SignInMethod;
  readonly address: string | null;
  readonly userAgent: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly lastUsedAt: number;
}

function toSession(row: Omit<SignInSessionTable, 'hash'>): SessionRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    method: row.method,
    address: row.address,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}

/** A session with what its account may do. */
export interface SessionOfAccount extends SessionRecord {
  readonly isOperator: boolean;
}

type SessionRow = SignInSessionTable & Pick<AccountTable, 'is_operator'>;

const sessionBy = (column: 'hash' | 'id') =>
  statement<{ value: string }, SessionRow>((db, param) =>
    db
      .selectFrom('sign_in_session')
      .innerJoin('account', 'account.id', 'sign_in_session.account_id')
      .selectAll('sign_in_session')
      .select('account.is_operator')
      .where(`sign_in_session.${column}`, '=', param('value')),
  );
const byHash = sessionBy('hash');
const byId = sessionBy('id');

/** The session of what a browser bears, whether it has ended or not. */
export async function findSessionByHash(db: Database, hash: string): Promise<SessionOfAccount | undefined> {
  const [row] = await byHash(db, { value: hash });
  return row && { ...toSession(row), isOperator: row.is_operator === 1 };
}

export async function findSession(db: Database, id: string): Promise<SessionOfAccount | undefined> {
  const [row] = await byId(db, { value: id });
  return row && { ...toSession(row), isOperator: row.is_operator === 1 };
}

/** The account's sessions that have not ended, the one that was used last first. `now` in epoch milliseconds. */
export async function listSessions(
  db: Database,
  accountId: string,
  now: number,
): Promise<readonly SessionRecord[]> {
  const rows = await db
    .selectFrom('sign_in_session')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('last_used_at', '>', now - sessionIdleMs)
    .where('created_at', '>', now - sessionLifetimeMs)
    .orderBy('last_used_at', 'desc')
    .orderBy('id', 'desc')
    .limit(maxSessions)
    .execute();
  return rows.map(toSession);
}

/** When a person was seen last, and in how many browsers they are signed in. */
export interface SignIns {
  /** Epoch milliseconds; null: never. */
  readonly lastSeenAt: number | null;
  readonly sessions: number;
}

/** By the accounts' ids. `now` in epoch milliseconds. */
export async function readSignIns(
  db: Database,
  accountIds: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, SignIns>> {
  if (accountIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('account')
    .leftJoin('sign_in_session', (join) =>
      join
        .onRef('sign_in_session.account_id', '=', 'account.id')
        .on('sign_in_session.last_used_at', '>', now - sessionIdleMs)
        .on('sign_in_session.created_at', '>', now - sessionLifetimeMs),
    )
    .select(['account.id', 'account.last_seen_at'])
    .select(sql<number>`count(sign_in_session.id)`.as('sessions'))
    .where('account.id', 'in', accountIds)
    .groupBy(['account.id', 'account.last_seen_at'])
    .execute();
  return new Map(
    rows.map((row) => [row.id, { lastSeenAt: row.last_seen_at, sessions: Number(row.sessions) }]),
  );
}
