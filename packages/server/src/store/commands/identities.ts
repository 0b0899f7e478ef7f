/** Signing in by an OpenID provider, which says who somebody is. */
import { AppError } from '../../domain/errors.ts';
import type { Role } from '../../domain/organization.ts';
import type { CommandContext } from '../command-context.ts';
import type { AccountTable } from '../queries/account-tables.ts';
import {
  dropResetLinks,
  findByEmail,
  insertAccount,
  joinOrganization,
  type SignedIn,
  setPassword,
} from './accounts.ts';
import { dropPasskeys } from './passkeys.ts';
import { insertSession, lockAccount, type NewSession } from './sign-in-sessions.ts';

export interface SignInWithIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** In lower case; null: the provider says none. */
  readonly email: string | null;
  /** Whether the provider has made sure that the address is the person's. */
  readonly isEmailVerified: boolean;
  /** Null: the provider says none. */
  readonly name: string | null;
  /** What the provider says of an organization of this server; null: nothing. Id of the member if there is none yet. */
  readonly membership: {
    readonly organizationId: string;
    readonly role: Role;
    readonly memberId: string;
  } | null;
  /** Id of the account if there is none yet. */
  readonly accountId: string;
  readonly session: NewSession;
  readonly now: number;
}

export interface SignedInWithIdentity extends SignedIn {
  readonly isNew: boolean;
}

/**
 * Finds the account of an identity, or gives it one: that of its verified address; else a new one, if the provider names an
 * organization, or members have that address. @throws AppError forbidden where there is none to give
 */
export async function signInWithIdentity(
  context: CommandContext,
  args: SignInWithIdentity,
): Promise<SignedInWithIdentity> {
  const { db } = context;
  const { issuer, subject, now } = args;
  const verified = args.isEmailVerified ? args.email : null;
  const known = await db
    .selectFrom('identity')
    .select('account_id')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst();
  const membership = await existing(context, args.membership);
  const ended: string[] = [];
  let account: AccountTable | undefined;
  if (known !== undefined) account = await lockAccount(context, known.account_id);
  else if (verified !== null) {
    account = await findByEmail(context, verified);
    if (account !== undefined) ended.push(...(await trustNoEarlierOwner(context, account, now)));
  }
  const isNew = account === undefined;
  if (account === undefined) {
    if (membership === null && !(await hasMembers(context, verified))) throw noAccount();
    if (args.email === null) throw noAccount();
    const name = args.name ?? args.email.split('@', 1)[0] ?? args.email;
    const made = { id: args.accountId, email: args.email, name, password: null, isOperator: false };
    // An address that nobody has verified leads into no account that is there.
    await insertAccount(context, made, now);
    account = await lockAccount(context, args.accountId);
  }
  const { id } = account;
  if (known === undefined) {
    await db.insertInto('identity').values({ issuer, subject, account_id: id, created_at: now }).execute();
  }
  if (verified !== null) await joinMembers(context, verified, id, now);
  if (membership !== null) await followProvider(context, account, membership, now);
  const session = await insertSession(context, id, args.session, now);
  return { accountId: id, isNew, ended: [...ended, ...session.ended] };
}

function noAccount(): AppError {
  return new AppError('forbidden', 'nobody has invited this person; ask an administrator');
}

async function existing(
  { db }: CommandContext,
  membership: SignInWithIdentity['membership'],
): Promise<SignInWithIdentity['membership']> {
  if (membership === null) return null;
  const { organizationId } = membership;
  const found = await db
    .selectFrom('organization')
    .select('id')
    .where('id', '=', organizationId)
    .executeTakeFirst();
  return found === undefined ? null : membership;
}

/**
 * Whoever was invited under somebody's address chose the password and the passkeys of that account, and whoever gave it unverified is known
 * to the provider by another subject. Once the provider proves whose it is, all of that is worth nothing. An operator's
 * account was made by whoever runs the server.
 */
async function trustNoEarlierOwner(
  context: CommandContext,
  account: AccountTable,
  now: number,
): Promise<readonly string[]> {
  if (account.is_operator === 1) return [];
  await context.db.deleteFrom('identity').where('account_id', '=', account.id).execute();
  await dropPasskeys(context, account.id);
  return await setPassword(context, account, null, null, now);
}

async function hasMembers({ db }: CommandContext, email: string | null): Promise<boolean> {
  if (email === null) return false;
  const member = await db
    .selectFrom('member')
    .select('id')
    .where('email', '=', email)
    .where('account_id', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return member !== undefined;
}

/** Members of this address who can't sign in yet are this person. */
async function joinMembers(
  context: CommandContext,
  email: string,
  accountId: string,
  now: number,
): Promise<void> {
  const joined = await context.db
    .updateTable('member')
    .set({ account_id: accountId, updated_at: now })
    .where('email', '=', email)
    .where('account_id', 'is', null)
    .returning('id')
    .execute();
  if (joined.length > 0) await dropResetLinks(context, email);
}

/** The provider decides who is a member of the organization that it names, and in which role. */
async function followProvider(
  context: CommandContext,
  { id: accountId, email, name }: AccountTable,
  { organizationId, role, memberId }: NonNullable<SignInWithIdentity['membership']>,
  now: number,
): Promise<void> {
  const { db } = context;
  const member = await db
    .selectFrom('member')
    .select(['id', 'role'])
    .where('organization_id', '=', organizationId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  if (member === undefined) {
    await joinOrganization(context, { id: memberId, name, email }, accountId, organizationId, role, now);
  }
  await db
    .updateTable('member')
    .set({ role, updated_at: now })
    .where('organization_id', '=', organizationId)
    .where('account_id', '=', accountId)
    .where('role', '!=', role)
    .execute();
}
