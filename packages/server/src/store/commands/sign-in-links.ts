/** Links that begin accounts or lead back into them. Each is good once, for a while. */
import type { LinkPurpose } from '../../domain/accounts/account.ts';
import { AppError, notFound, unauthenticated } from '../../domain/errors.ts';
import type { Role } from '../../domain/organization.ts';
import type { CommandContext } from '../command-context.ts';
import type { SignInLinkTable } from '../queries/account-tables.ts';
import { hasOperator } from '../queries/accounts.ts';
import { isMakerEntitled } from '../queries/sign-in-links.ts';

export interface CreateSignInLink {
  readonly id: string;
  /** SHA-256, hex, of the link's token. */
  readonly hash: string;
  readonly purpose: LinkPurpose;
  /** In lower case; null for `setup`. */
  readonly email: string | null;
  /** Of an invitation; null: it makes an operator. */
  readonly organizationId: string | null;
  /** What an invitation says of the role; null: nothing. */
  readonly role: Role | null;
  /** The account of who makes it; null: whoever runs the server. */
  readonly madeBy: string | null;
  readonly now: number;
  readonly expiresAt: number;
}

/**
 * A new link takes the place of an earlier one for the same.
 * @throws AppError not_found (no account to lead back into), conflict (setup: there is an operator; invite: the person can
 *   sign in there already, or has another role)
 */
export async function createSignInLink(
  context: CommandContext,
  args: CreateSignInLink,
): Promise<{ readonly id: string }> {
  const { db } = context;
  const { purpose, email, organizationId } = args;
  const role = await checkLink(context, args);
  if (email !== null) {
    await db
      .deleteFrom('sign_in_link')
      .where('purpose', '=', purpose)
      .where('email', '=', email)
      .where('organization_id', organizationId === null ? 'is' : '=', organizationId)
      .execute();
  }
  await db
    .insertInto('sign_in_link')
    .values({
      id: args.id,
      hash: args.hash,
      purpose,
      email,
      organization_id: organizationId,
      role,
      made_by: args.madeBy,
      created_at: args.now,
      expires_at: args.expiresAt,
    })
    .execute();
  return { id: args.id };
}

/** Gives the role of an invitation. */
async function checkLink({ db }: CommandContext, args: CreateSignInLink): Promise<Role | null> {
  const { purpose, email, organizationId } = args;
  if (purpose === 'setup') {
    if (await hasOperator(db)) throw isSetUp();
    return null;
  }
  const accounts = db.selectFrom('account').select(['id', 'is_operator']);
  const account = await accounts.where('email', '=', email ?? '').executeTakeFirst();
  if (purpose === 'reset') {
    if (account === undefined) throw notFound('account');
    return null;
  }
  if (organizationId === null) {
    if (account?.is_operator === 1) throw known('is an operator already');
    return null;
  }
  const member = await db
    .selectFrom('member')
    .select(['role', 'account_id'])
    .where('organization_id', '=', organizationId)
    .where('email', '=', email ?? '')
    .executeTakeFirst();
  if (member === undefined) return args.role ?? 'member';
  if (member.account_id !== null) throw known('is a member who can sign in already');
  if (args.role !== null && args.role !== member.role) {
    throw new AppError('conflict', `role: the member has the role ${member.role} already; change it there`, {
      field: 'role',
    });
  }
  return member.role;
}

function known(what: string): AppError {
  return new AppError('conflict', `email: this ${what}`, { field: 'email' });
}

export function isSetUp(): AppError {
  return new AppError('conflict', 'this server is set up already; sign in');
}

/** Uses a link up, if its maker may still make it. @throws AppError unauthenticated */
export async function takeLink(
  { db }: CommandContext,
  hash: string,
  purpose: LinkPurpose,
  now: number,
): Promise<SignInLinkTable> {
  const [link] = await db
    .deleteFrom('sign_in_link')
    .where('hash', '=', hash)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now)
    .returningAll()
    .execute();
  if (link === undefined || !(await isMakerEntitled(db, link))) throw badLink();
  return link;
}

export function badLink(): AppError {
  return unauthenticated('this link is not valid: it was used, has expired, or was replaced by a newer one');
}
