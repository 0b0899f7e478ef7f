/** Makes the links that begin accounts, and says who may make which. */
import { type LinkPurpose, linkLifetimeMs, toEmail } from '../../domain/accounts/account.ts';
import type { AuditOrigin } from '../../domain/audit/trail.ts';
import { AppError, invalid, notFound } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import { mayAdminister, type Role } from '../../domain/organization.ts';
import { findAccountByEmail, listMemberships, type Membership } from '../../store/queries/accounts.ts';
import { findOrganization } from '../../store/queries/organizations.ts';
import type { Store } from '../../store/store.ts';
import { newBearerSecret } from './bearer-secret.ts';

export interface NewLink {
  readonly purpose: LinkPurpose;
  /** Null for `setup`. */
  readonly email: string | null;
  /** Of an invitation; null: it makes an operator. */
  readonly organizationId: string | null;
  /** Of an invitation; null: nothing is said of it. */
  readonly role: Role | null;
}

export interface MadeLink {
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** @throws AppError as the command `createSignInLink` does */
export async function makeLink(
  store: Pick<Store, 'execute'>,
  link: NewLink,
  now: number,
  origin?: AuditOrigin,
): Promise<MadeLink> {
  const { secret, hash } = newBearerSecret();
  const expiresAt = now + linkLifetimeMs[link.purpose];
  const email = link.email === null ? null : toEmail(link.email);
  await store.execute('createSignInLink', { ...link, email, id: newId(), hash, now, expiresAt }, origin);
  return { token: secret, expiresAt };
}

/** Who asks for a link. */
export interface LinkMaker {
  readonly isOperator: boolean;
  readonly memberships: readonly Membership[];
}

/**
 * An operator may make every link. Owners and admins invite into their organizations, and lead those of their members back
 * in who are nobody elsewhere: no operator, and no member of an organization that the maker does not administer.
 * @throws AppError invalid_request, forbidden, not_found (an organization or a member of somebody else)
 */
export async function requireLink(
  { reads }: Pick<Store, 'reads'>,
  maker: LinkMaker,
  { purpose, email, organizationId }: NewLink,
): Promise<void> {
  const administered = new Set(
    maker.memberships.filter(({ role }) => mayAdminister(role)).map((one) => one.organizationId),
  );
  if (!maker.isOperator && administered.size === 0) {
    throw new AppError('forbidden', 'links are made by operators, and by owners and admins of organizations');
  }
  if (purpose === 'invite') {
    if (organizationId === null) {
      if (maker.isOperator) return;
      throw invalid('org_id', 'org_id is required: into which organization the person is invited', 'missing');
    }
    const isTheirs = maker.isOperator || administered.has(organizationId);
    if (!isTheirs || (await findOrganization(reads, organizationId)) === undefined)
      throw notFound('organization');
    return;
  }
  if (maker.isOperator) return;
  const account = await findAccountByEmail(reads, toEmail(email ?? ''));
  const theirs = account === undefined ? [] : await listMemberships(reads, account.id);
  if (account === undefined || !theirs.some((one) => administered.has(one.organizationId))) {
    throw notFound('account');
  }
  if (account.isOperator || theirs.some((one) => !administered.has(one.organizationId))) {
    throw new AppError(
      'forbidden',
      'this person is an operator, or a member of other organizations: ask an operator for the link',
    );
  }
}
