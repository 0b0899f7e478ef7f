/**
 * Signing in and out: by a password, by a link, or by an OpenID provider.
 */
import { passwordCharacters, toEmail } from '../../domain/accounts/account.ts';
import { AppError, invalid } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import {
  type AccountRecord,
  findAccountByEmail,
  findAccountByIdentity,
  listMemberships,
} from '../../store/queries/accounts.ts';
import { findOrganization } from '../../store/queries/organizations.ts';
import { findLink, type LinkRecord } from '../../store/queries/sign-in-links.ts';
import type { Store } from '../../store/store.ts';
import { hashOfSecret } from './bearer-secret.ts';
import type { Entered, Entrance, Tries, Visitor } from './entrance.ts';
import type { OpenIdIdentity } from './openid.ts';
import type { Passwords } from './passwords.ts';
import { RefusedSignIn, trailsOf } from './refused-sign-in.ts';
import type { SignedIn } from './sessions.ts';

export interface AccountsOptions {
  readonly store: Store;
  readonly entrance: Entrance;
  readonly passwords: Passwords;
  readonly tries: Tries;
  /** Whether people may sign in by a password. */
  readonly takesPasswords: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What a link is for, for whoever holds it. */
export interface LinkFacts extends Pick<LinkRecord, 'purpose' | 'email' | 'role' | 'expiresAt'> {
  readonly organizationName: string | null;
  /** Whether there is an account of its e-mail address. */
  readonly hasAccount: boolean;
}

/** The answer to every failed sign-in, so that it does not tell which accounts there are. */
const wrong = 'the e-mail address or the password is wrong';
const wrongLink = 'this link is not valid: it was used, has expired, or was replaced by a newer one';

export type Accounts = ReturnType<typeof createAccounts>;

export function createAccounts({ store, entrance, passwords, tries, takesPasswords, now }: AccountsOptions) {
  const { reads } = store;
  const { newSession, originOf, noteSignIn, profileOf, enter, requireCurrent } = entrance;

  function requirePasswords(): void {
    if (!takesPasswords)
      throw new AppError('forbidden', 'signing in by a password is turned off on this server');
  }

  /** The hash of a new password; null where none is given. @throws AppError invalid_request, forbidden */
  async function hashNew(password: string | undefined): Promise<string | null> {
    if (password === undefined) return null;
    requirePasswords();
    const { least, most } = passwordCharacters;
    const { length } = [...password.normalize('NFKC')];
    if (length < least || length > most) {
      throw invalid('password', `password must have ${least} to ${most} characters`);
    }
    return await passwords.hash(password);
  }

  /** The same where passwords are how one signs in. */
  async function hashRequired(password: string | undefined): Promise<string | null> {
    if (password === undefined && takesPasswords)
      throw invalid('password', 'password is required', 'missing');
    return await hashNew(password);
  }

  /** @throws RefusedSignIn */
  async function openLink(token: string): Promise<{ readonly hash: string; readonly link: LinkRecord }> {
    const hash = hashOfSecret(token);
    const link = hash === undefined ? undefined : await findLink(reads, hash);
    if (hash === undefined || link === undefined || link.expiresAt <= now())
      throw new RefusedSignIn(wrongLink);
    return { hash, link };
  }

  return {
    profileOf,

    /** @throws RefusedSignIn, AppError rate_limited, forbidden, overloaded */
    async signIn(given: { readonly email: string; readonly password: string }, visitor: Visitor) {
      requirePasswords();
      const email = toEmail(given.email);
      const attempt = await tries.begin(email, visitor.address);
      const account = await findAccountByEmail(reads, email);
      // What follows is the same work for an account that is not there.
      const isRight = await passwords.verify(given.password, account?.password ?? null);
      const memberships = await listMemberships(reads, account?.id ?? '');
      if (account === undefined || !isRight) throw new RefusedSignIn(wrong, account?.id ?? null, memberships);
      attempt.wasRight();
      return await enter(visitor, account, memberships, 'password');
    },

    /** Makes the first operator's account. @throws RefusedSignIn, AppError conflict, invalid_request, rate_limited */
    async setUp(
      given: {
        readonly token: string;
        readonly name: string;
        readonly email: string;
        readonly password?: string;
      },
      visitor: Visitor,
    ): Promise<Entered> {
      const attempt = await tries.begin(null, visitor.address);
      const { hash: linkHash, link } = await openLink(given.token);
      if (link.purpose !== 'setup') throw new RefusedSignIn(wrongLink);
      attempt.wasRight();
      const password = await hashRequired(given.password);
      const id = newId();
      const { secret, session } = newSession(visitor, 'link');
      const account = { id, name: given.name, email: toEmail(given.email), password };
      const { accountId, ended } = await store.execute(
        'setUp',
        { linkHash, account, memberId: newId(), session, now: now() },
        originOf(visitor, { organizationId: null, actor: { kind: 'account', id } }),
      );
      return { ...(await profileOf(accountId)), sessionId: session.id, secret, ended };
    },

    /** What a link is for; it stays good. @throws RefusedSignIn, AppError rate_limited */
    async lookAtLink(token: string, visitor: Visitor): Promise<LinkFacts> {
      const attempt = await tries.begin(null, visitor.address);
      const { link } = await openLink(token);
      attempt.wasRight();
      const { organizationId, email } = link;
      const organization =
        organizationId === null ? undefined : await findOrganization(reads, organizationId);
      const account = email === null ? undefined : await findAccountByEmail(reads, email);
      return { ...link, organizationName: organization?.name ?? null, hasAccount: account !== undefined };
    },

    /**
     * Uses a link: an invitation, or one that leads back into an account. An invitation signs nobody in to an account that
     * is there already: its owner is signed in, or gives its password.
     * @throws RefusedSignIn, AppError conflict, invalid_request, forbidden, rate_limited
     */
    async followLink(
      given: { readonly token: string; readonly password?: string; readonly name?: string },
      visitor: Visitor,
      signedIn: SignedIn | undefined,
    ): Promise<Entered> {
      const attempt = await tries.begin(null, visitor.address);
      const { hash: linkHash, link } = await openLink(given.token);
      const { email, organizationId } = link;
      if (link.purpose === 'setup' || email === null) throw new RefusedSignIn(wrongLink);
      attempt.wasRight();
      const known = await findAccountByEmail(reads, email);
      const { secret, session } = newSession(visitor, 'link');
      if (link.purpose === 'reset') {
        const password = await hashNew(given.password);
        const memberships = known === undefined ? [] : await listMemberships(reads, known.id);
        const [trail, ...others] = trailsOf(known?.id ?? '', memberships);
        const args = { linkHash, password, session, now: now() };
        const { accountId, ended } = await store.execute('applyResetLink', args, originOf(visitor, trail));
        await noteSignIn(visitor, accountId, others, 'link');
        return { ...(await profileOf(accountId)), sessionId: session.id, secret, ended };
      }
      if (known !== undefined && signedIn?.accountId !== known.id) {
        await requireOwner(known, given.password, visitor);
      }
      const newAccountId = newId();
      const account = {
        id: newAccountId,
        name: given.name ?? null,
        password: known === undefined ? await hashRequired(given.password) : null,
      };
      const actor = { kind: 'account', id: known?.id ?? newAccountId } as const;
      const { accountId, ended } = await store.execute(
        'acceptInvitation',
        { linkHash, accountId: known?.id ?? null, account, memberId: newId(), session, now: now() },
        originOf(visitor, { organizationId, actor }),
      );
      return { ...(await profileOf(accountId)), sessionId: session.id, secret, ended };
    },

    /** Signs in whom an OpenID provider names. @throws RefusedSignIn, AppError rate_limited, and what `identify` throws */
    async enterByProvider(identify: () => Promise<OpenIdIdentity>, visitor: Visitor): Promise<Entered> {
      const attempt = await tries.begin(null, visitor.address);
      const { membership, ...identity } = await identify();
      const known = await findAccountByIdentity(reads, identity);
      const newAccountId = newId();
      const [trail, ...others] = trailsOf(
        known?.id ?? newAccountId,
        known === undefined ? [] : await listMemberships(reads, known.id),
      );
      const { secret, session } = newSession(visitor, 'oidc');
      const args = {
        ...identity,
        membership: membership && { ...membership, memberId: newId() },
        ...{ accountId: newAccountId, session, now: now() },
      };
      const signedIn = await store
        .execute('signInWithIdentity', args, originOf(visitor, trail))
        .catch((error: unknown) => {
          if (error instanceof AppError && error.code === 'forbidden') throw new RefusedSignIn(error.message);
          throw error;
        });
      attempt.wasRight();
      const { accountId, ended } = signedIn;
      await noteSignIn(visitor, accountId, others, 'oidc');
      return { ...(await profileOf(accountId)), sessionId: session.id, secret, ended };
    },

    /** Changes one's own name or password. Gives the ids of the sessions that end. @throws AppError invalid_request */
    async update(
      signedIn: SignedIn,
      changes: { readonly name?: string; readonly password?: string; readonly current_password?: string },
      visitor: Visitor,
    ): Promise<readonly string[]> {
      const { account, memberships } = await profileOf(signedIn.accountId);
      const next = await hashNew(changes.password);
      if (next !== null && account.password !== null)
        await requireCurrent(account, changes.current_password, visitor, 'change the password');
      const [trail] = trailsOf(account.id, memberships);
      const { ended } = await store.execute(
        'updateAccount',
        {
          id: account.id,
          ...(changes.name !== undefined && { name: changes.name }),
          ...(next !== null && { password: { next, before: account.password } }),
          sessionId: signedIn.sessionId,
          now: now(),
        },
        originOf(visitor, trail),
      );
      return ended;
    },

    /** Ends a session of an account, or all of them; gives their ids. @throws AppError not_found */
    async endSessions(
      accountId: string,
      sessionId: string | undefined,
      visitor: Visitor,
    ): Promise<readonly string[]> {
      const memberships = await listMemberships(reads, accountId);
      const [trail] = trailsOf(accountId, memberships);
      const args = { accountId, ...(sessionId !== undefined && { id: sessionId }) };
      return (await store.execute('endSessions', args, originOf(visitor, trail))).ended;
    },
  };

  /** @throws RefusedSignIn, AppError conflict where no password is given */
  async function requireOwner(
    account: AccountRecord,
    password: string | undefined,
    visitor: Visitor,
  ): Promise<void> {
    if (password === undefined) {
      throw new AppError('conflict', `${account.email} has an account: sign in to it, or give its password`);
    }
    requirePasswords();
    const attempt = await tries.begin(account.email, visitor.address);
    if (!(await passwords.verify(password, account.password))) {
      throw new RefusedSignIn(wrong, account.id, await listMemberships(reads, account.id));
    }
    attempt.wasRight();
  }
}
