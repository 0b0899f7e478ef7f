/** Links that begin accounts or lead back into them. */
import type { LinkPurpose } from '../../domain/accounts/account.ts';
import { mayAdminister, type Role } from '../../domain/organization.ts';
import type { Database } from '../tables.ts';
import type { SignInLinkTable } from './account-tables.ts';
import { findAccount, findAccountByEmail, listMemberships } from './accounts.ts';

/** Somebody who was an administrator yesterday keeps no way in, for themselves or others, in a link that nobody sees. */
export async function isMakerEntitled(
  db: Database,
  { made_by: madeBy, purpose, email, organization_id: organizationId }: SignInLinkTable,
): Promise<boolean> {
  if (madeBy === null) return true;
  const maker = await findAccount(db, madeBy);
  if (maker === undefined) return false;
  if (maker.isOperator) return true;
  const memberships = await listMemberships(db, madeBy);
  const administered = new Set(
    memberships.filter(({ role }) => mayAdminister(role)).map((one) => one.organizationId),
  );
  if (purpose === 'invite') return organizationId !== null && administered.has(organizationId);
  const account = await findAccountByEmail(db, email ?? '');
  if (purpose !== 'reset' || account === undefined || account.isOperator) return false;
  const theirs = await listMemberships(db, account.id);
  return theirs.length > 0 && theirs.every((one) => administered.has(one.organizationId));
}

export interface LinkRecord {
  readonly id: string;
  readonly purpose: LinkPurpose;
  readonly email: string | null;
  readonly organizationId: string | null;
  readonly role: Role | null;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Undefined for one that is not there, or that its maker may not make any more. */
export async function findLink(db: Database, hash: string): Promise<LinkRecord | undefined> {
  const row = await db.selectFrom('sign_in_link').selectAll().where('hash', '=', hash).executeTakeFirst();
  if (row === undefined || !(await isMakerEntitled(db, row))) return undefined;
  return {
    id: row.id,
    purpose: row.purpose,
    email: row.email,
    organizationId: row.organization_id,
    role: row.role,
    expiresAt: row.expires_at,
  };
}
