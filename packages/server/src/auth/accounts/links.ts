/** Makes the links that begin accounts, and says who may make which. */
import { type LinkPurpose, linkLifetimeMs, toEmail } from '../../domain/accounts/account.ts';
import { AppError, invalid, notFound } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import { mayAdminister, type Role } from '../../domain/organization.ts';
import type { CreateSignInLink } from '../../store/commands/sign-in-links.ts';
import {
  type AccountRecord,
  findAccountByEmail,
  listMemberships,
  type Membership,
} from '../../store/queries/accounts.ts';
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

export interface PreparedLink {
  /** What the command `createSignInLink` takes. */
  readonly args: CreateSignInLink;
  /** What the link bears, which is stored nowhere. */
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/**
 * @param madeBy the account of who makes it; null: whoever runs the server
 * @param now epoch milliseconds
 */
export function prepareLink(link: NewLink, madeBy: string | null, now: number): PreparedLink {
  const { secret: token, hash } = newBearerSecret();
  const expiresAt = now + linkLifetimeMs[link.purpose];
  const email = link.email === null ? null : toEmail(link.email);
  return { args: { ...link, email, madeBy, id: newId(), hash, now, expiresAt }, token, expiresAt };
}

/** Makes it without a trace in the audit trail. @throws AppError as the command `createSignInLink` does */
export async function makeLink(
  store: Pick<Store, 'execute'>,
  link: NewLink,
  now: number,
): Promise<Omit<PreparedLink, 'args'>> {
  const { args, ...made } = prepareLink(link, null, now);
  await store.execute('createSignInLink', args);
  return made;
}

/**
 * The page that takes a link, below the address of the server as browsers know it. The token stands behind `#`, so that it
 * is in no log and no referrer. This machine is named `localhost`, since browsers have passkeys for names alone.
 */
export function linkAddress(publicAddress: string, purpose: LinkPurpose, token: string): string {
  const address = publicAddress.replace(/^http:\/\/(?:127\.0\.0\.1|\[::1\])(?=[:/]|$)/, 'http://localhost');
  return `${address}/console#${purpose === 'setup' ? 'setup' : 'link'}=${token}`;
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
  requireWhole(account, theirs, administered);
}

/**
 * What concerns an account as a whole is for who administers all that it belongs to. @param administered ids of
 * organizations @throws AppError forbidden
 */
export function requireWhole(
  account: Pick<AccountRecord, 'isOperator'>,
  memberships: readonly Membership[],
  administered: ReadonlySet<string>,
): void {
  if (!account.isOperator && memberships.every((one) => administered.has(one.organizationId))) return;
  throw new AppError(
    'forbidden',
    'this person is an operator, or a member of other organizations: only an operator may do this',
  );
}
