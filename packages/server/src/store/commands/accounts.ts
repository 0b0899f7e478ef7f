/** Accounts: the first one, those that a link begins, the way back into one, and what people change of their own. */
import { AppError } from '../../domain/errors.ts';
import type { Role } from '../../domain/organization.ts';
import { type CommandContext, forUpdate, isAmong } from '../command-context.ts';
import type { AccountTable } from '../queries/account-tables.ts';
import { hasOperator } from '../queries/accounts.ts';
import { defaultOrganizationSetting } from '../queries/organizations.ts';
import { dropPasskeys } from './passkeys.ts';
import { badLink, isSetUp, takeLink } from './sign-in-links.ts';
import { type EndedSessions, insertSession, lockAccount, type NewSession } from './sign-in-sessions.ts';

/** An account that is to be made. */
export interface NewAccount {
  readonly id: string;
  readonly name: string;
  /** The hash of the password, with its parameters; null: none. */
  readonly password: string | null;
}

export interface SignedIn extends EndedSessions {
  readonly accountId: string;
}

export async function insertAccount(
  { db }: CommandContext,
  account: NewAccount & { readonly email: string; readonly isOperator: boolean },
  now: number,
): Promise<void> {
  const made = await db
    .insertInto('account')
    .values({
      id: account.id,
      email: account.email,
      name: account.name,
      password: account.password,
      is_operator: account.isOperator ? 1 : 0,
      last_seen_at: null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning('id')
    .execute();
  if (made.length === 0) throw changedMeanwhile();
}

function changedMeanwhile(): AppError {
  return new AppError('conflict', 'the account was changed at the same time; try again');
}

export interface SetUp {
  readonly linkHash: string;
  readonly account: NewAccount & { readonly email: string };
  /** Id of the owner that the organization `default` gets, unless it has a member of this address. */
  readonly memberId: string;
  readonly session: NewSession;
  readonly now: number;
}

/**
 * Makes the account of the first operator, who becomes owner of the organization `default`, if that is still there. An
 * account of the address becomes theirs, with a new password and nothing else that leads into it: whoever has the link runs
 * the server.
 * @throws AppError unauthenticated (the link), conflict (there is an operator)
 */
export async function setUp(context: CommandContext, args: SetUp): Promise<SignedIn> {
  const { db } = context;
  const { now } = args;
  // Whoever else sets up waits here.
  const links = db.selectFrom('sign_in_link').select('id').where('purpose', '=', 'setup').orderBy('id');
  await forUpdate(context, links).execute();
  if (await hasOperator(db)) throw isSetUp();
  await takeLink(context, args.linkHash, 'setup', now);
  await db.deleteFrom('sign_in_link').where('purpose', '=', 'setup').execute();
  const { account, before } = await makeOperator(context, args.account, now);
  const setting = await db
    .selectFrom('setting')
    .select('value')
    .where('name', '=', defaultOrganizationSetting)
    .executeTakeFirst();
  if (setting !== undefined) {
    await joinOrganization(
      context,
      { ...account, id: args.memberId },
      account.id,
      setting.value,
      'owner',
      now,
    );
    await db
      .updateTable('member')
      .set({ role: 'owner', updated_at: now })
      .where('organization_id', '=', setting.value)
      .where('account_id', '=', account.id)
      .execute();
  }
  const { ended } = await insertSession(context, account.id, args.session, now);
  return { accountId: account.id, ended: [...before, ...ended] };
}

async function makeOperator(
  context: CommandContext,
  given: SetUp['account'],
  now: number,
): Promise<{ readonly account: SetUp['account']; readonly before: readonly string[] }> {
  const existing = await findByEmail(context, given.email);
  if (existing === undefined) {
    await insertAccount(context, { ...given, isOperator: true }, now);
    return { account: given, before: [] };
  }
  const { id } = existing;
  await context.db
    .updateTable('account')
    .set({ is_operator: 1, name: given.name, updated_at: now })
    .where('id', '=', id)
    .execute();
  // Whoever had the account until now, by this password, a provider or a passkey, is no operator by that.
  await context.db.deleteFrom('identity').where('account_id', '=', id).execute();
  await dropPasskeys(context, id);
  const before = await setPassword(context, existing, given.password, null, now);
  return { account: { ...given, id }, before };
}

/** Gives an account the organization's member of its address, or makes one of this id. @throws AppError conflict */
export async function joinOrganization(
  { db }: CommandContext,
  member: { readonly id: string; readonly name: string; readonly email: string },
  accountId: string,
  organizationId: string,
  role: Role,
  now: number,
): Promise<void> {
  await dropResetLinks({ db }, member.email);
  const joined = await db
    .updateTable('member')
    .set({ account_id: accountId, updated_at: now })
    .where('organization_id', '=', organizationId)
    .where('email', '=', member.email)
    .where((eb) => eb.or([eb('account_id', 'is', null), eb('account_id', '=', accountId)]))
    .returning('id')
    .execute();
  if (joined.length > 0) return;
  const made = await db
    .insertInto('member')
    .values({
      id: member.id,
      organization_id: organizationId,
      name: member.name,
      email: member.email,
      role,
      created_at: now,
      updated_at: now,
      account_id: accountId,
    })
    .onConflict((conflict) => conflict.columns(['organization_id', 'email']).doNothing())
    .returning('id')
    .execute();
  // The member of this address is somebody else's.
  if (made.length === 0) throw changedMeanwhile();
}

export interface AcceptInvitation {
  readonly linkHash: string;
  /** The account of the address, whose owner was asked for its password or is signed in; null: there is none. */
  readonly accountId: string | null;
  /** What is made where there is none. Its name is the member's, where there is one and none is given. */
  readonly account: Omit<NewAccount, 'name'> & { readonly name: string | null };
  readonly memberId: string;
  readonly session: NewSession;
  readonly now: number;
}

/** @throws AppError unauthenticated (the link), conflict (the account was made or deleted meanwhile) */
export async function acceptInvitation(context: CommandContext, args: AcceptInvitation): Promise<SignedIn> {
  const { db } = context;
  const { now } = args;
  const { email, organization_id, role } = await takeLink(context, args.linkHash, 'invite', now);
  if (email === null) throw badLink();
  const existing = await findByEmail(context, email);
  if ((existing?.id ?? null) !== args.accountId) throw changedMeanwhile();
  const isOperator = organization_id === null;
  const accountId = existing?.id ?? args.account.id;
  let name = existing?.name;
  if (name === undefined) {
    const member = await db
      .selectFrom('member')
      .select('name')
      .where('organization_id', '=', organization_id)
      .where('email', '=', email)
      .executeTakeFirst();
    name = args.account.name ?? member?.name ?? email.split('@', 1)[0] ?? email;
    await insertAccount(context, { ...args.account, name, email, isOperator }, now);
  }
  if (organization_id !== null) {
    const member = { id: args.memberId, name, email };
    await joinOrganization(context, member, accountId, organization_id, role ?? 'member', now);
  } else if (existing !== undefined) {
    await dropResetLinks(context, email);
    await db
      .updateTable('account')
      .set({ is_operator: 1, updated_at: now })
      .where('id', '=', accountId)
      .execute();
  }
  return { accountId, ...(await insertSession(context, accountId, args.session, now)) };
}

/** Whoever could lead somebody back in yesterday may not be let into what they have joined today. */
export async function dropResetLinks({ db }: Pick<CommandContext, 'db'>, email: string): Promise<void> {
  await db.deleteFrom('sign_in_link').where('purpose', '=', 'reset').where('email', '=', email).execute();
}

export async function findByEmail(context: CommandContext, email: string): Promise<AccountTable | undefined> {
  const query = context.db.selectFrom('account').selectAll().where('email', '=', email);
  return await forUpdate(context, query).executeTakeFirst();
}

export interface ApplyResetLink {
  readonly linkHash: string;
  /** The hash of the new password; null: it stays as it is. */
  readonly password: string | null;
  readonly session: NewSession;
  readonly now: number;
}

/**
 * Signs in; a new password ends all other sessions, and takes passkeys away: whoever leads back in can't tell whose they are.
 * @throws AppError unauthenticated (the link)
 */
export async function applyResetLink(context: CommandContext, args: ApplyResetLink): Promise<SignedIn> {
  const { now, password } = args;
  const { email } = await takeLink(context, args.linkHash, 'reset', now);
  const account = email === null ? undefined : await findByEmail(context, email);
  if (account === undefined) throw badLink();
  if (password !== null) await dropPasskeys(context, account.id);
  const before = password === null ? [] : await setPassword(context, account, password, null, now);
  const { ended } = await insertSession(context, account.id, args.session, now);
  return { accountId: account.id, ended: [...before, ...ended] };
}

/**
 * Gives the ids of the sessions that it ends: all but one. Links for the account are good no more.
 * @param password its hash; null: none
 */
export async function setPassword(
  { db }: CommandContext,
  { id, email }: AccountTable,
  password: string | null,
  keptSessionId: string | null,
  now: number,
): Promise<readonly string[]> {
  await db.updateTable('account').set({ password, updated_at: now }).where('id', '=', id).execute();
  await dropResetLinks({ db }, email);
  let others = db.deleteFrom('sign_in_session').where('account_id', '=', id);
  if (keptSessionId !== null) others = others.where('id', '!=', keptSessionId);
  return (await others.returning('id').execute()).map((row) => row.id);
}

export interface UpdateAccount {
  readonly id: string;
  readonly name?: string;
  /** The hash of the new password, and that of the one before, which was given: null if there was none. */
  readonly password?: { readonly next: string; readonly before: string | null };
  /** The session that stays when the password changes. */
  readonly sessionId: string;
  readonly now: number;
}

/** A new password ends all other sessions. @throws AppError not_found, conflict (the password was changed meanwhile) */
export async function updateAccount(context: CommandContext, args: UpdateAccount): Promise<EndedSessions> {
  const account = await lockAccount(context, args.id);
  const { name, password, now } = args;
  if (name !== undefined) {
    await context.db
      .updateTable('account')
      .set({ name, updated_at: now })
      .where('id', '=', args.id)
      .execute();
  }
  if (password === undefined) return { ended: [] };
  if (account.password !== password.before) throw changedMeanwhile();
  return { ended: await setPassword(context, account, password.next, args.sessionId, now) };
}

/** Deletes those of the accounts that are members of nothing, except operators'; their sessions go with them. */
export async function deleteLoneAccounts(
  { db, engine }: CommandContext,
  accountIds: readonly string[],
): Promise<void> {
  if (accountIds.length === 0) return;
  await db
    .deleteFrom('account')
    .where(isAmong(engine, 'id', accountIds))
    .where('is_operator', '=', 0)
    .where((eb) =>
      eb.not(
        eb.exists(eb.selectFrom('member').select('id').whereRef('member.account_id', '=', 'account.id')),
      ),
    )
    .execute();
}
