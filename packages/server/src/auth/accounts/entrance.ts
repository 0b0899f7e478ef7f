/**
 * What every way to sign in has in common: who asks, how often they may try, and the session that begins. Whoever signs in
 * gets a new secret for the browser; what the browser bore before ends, so that nobody can make others use a session that
 * they know.
 */
import type { SignInMethod } from '../../domain/accounts/account.ts';
import type { AuditAction, AuditOrigin, AuditSubject, AuditValues } from '../../domain/audit/trail.ts';
import { invalid, notFound } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import type { NewSession } from '../../store/commands/sign-in-sessions.ts';
import {
  type AccountRecord,
  findAccount,
  listMemberships,
  type Membership,
} from '../../store/queries/accounts.ts';
import type { Store } from '../../store/store.ts';
import { newBearerSecret } from './bearer-secret.ts';
import type { Passwords } from './passwords.ts';
import { type TrailOfAccount, trailsOf } from './refused-sign-in.ts';

/** Who asks, as far as that is known before they have signed in. */
export interface Visitor {
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly requestId: string;
  /** The hash of what the browser bears, whatever that is worth. */
  readonly bears: string | null;
}

/** Bounds how often somebody may try. */
export interface Tries {
  /**
   * Counts a try: for the account of an e-mail address, if one is named, and for where it comes from.
   * @throws AppError rate_limited
   */
  begin(email: string | null, address: string | null): Promise<{ wasRight(): void }>;
}

/** Who an account is. */
export interface Profile {
  readonly account: AccountRecord;
  readonly memberships: readonly Membership[];
}

/** Somebody who has signed in. */
export interface Entered extends Profile {
  readonly sessionId: string;
  /** What the browser bears from now on. */
  readonly secret: string;
  /** Ids of sessions that ended by it. */
  readonly ended: readonly string[];
}

export interface EntranceOptions {
  readonly store: Store;
  readonly passwords: Passwords;
  readonly tries: Tries;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** An action as the trail has it. */
export interface Note {
  readonly action: AuditAction;
  readonly subject: { readonly kind: AuditSubject; readonly id: string };
  readonly values: AuditValues;
}

export type Entrance = ReturnType<typeof createEntrance>;

export function createEntrance({ store, passwords, tries, now }: EntranceOptions) {
  const { reads } = store;

  function newSession(
    visitor: Visitor,
    method: SignInMethod,
  ): { readonly secret: string; readonly session: NewSession } {
    const { secret, hash } = newBearerSecret();
    const { address, userAgent, bears } = visitor;
    return { secret, session: { id: newId(), hash, method, address, userAgent, replaces: bears } };
  }

  function originOf(visitor: Visitor, trail: TrailOfAccount): AuditOrigin {
    const { address, requestId } = visitor;
    return { id: newId(), address, requestId, at: now(), ...trail };
  }

  /** Notes in the other organizations' trails what one of them has in the transaction of the act itself. */
  async function noteElsewhere(
    visitor: Visitor,
    others: readonly TrailOfAccount[],
    note: Note,
  ): Promise<void> {
    for (const trail of others) await store.execute('noteAction', note, originOf(visitor, trail));
  }

  function noteSignIn(
    visitor: Visitor,
    accountId: string,
    others: readonly TrailOfAccount[],
    method: SignInMethod,
  ): Promise<void> {
    const subject = { kind: 'account', id: accountId } as const;
    return noteElsewhere(visitor, others, { action: 'account.sign-in', subject, values: { method } });
  }

  async function profileOf(accountId: string): Promise<Profile> {
    const [account, memberships] = await Promise.all([
      findAccount(reads, accountId),
      listMemberships(reads, accountId),
    ]);
    if (account === undefined) throw notFound('account');
    return { account, memberships };
  }

  /** Begins the session of an account whose owner has shown who they are. */
  async function enter(
    visitor: Visitor,
    account: AccountRecord,
    memberships: readonly Membership[],
    method: SignInMethod,
  ): Promise<Entered> {
    const { secret, session } = newSession(visitor, method);
    const [trail, ...others] = trailsOf(account.id, memberships);
    const password = method === 'password' ? account.password : null;
    const args = { accountId: account.id, password, session, now: now() };
    const { ended } = await store.execute('startSession', args, originOf(visitor, trail));
    await noteSignIn(visitor, account.id, others, method);
    return { account, memberships, sessionId: session.id, secret, ended };
  }

  /**
   * Asks for the present password of an account before it is changed. @param purpose what it is required for
   * @throws AppError invalid_request, rate_limited
   */
  async function requireCurrent(
    account: AccountRecord,
    current: string | undefined,
    visitor: Visitor,
    purpose: string,
  ): Promise<void> {
    const field = 'current_password';
    if (current === undefined) throw invalid(field, `${field} is required to ${purpose}`, 'missing');
    const attempt = await tries.begin(account.email, visitor.address);
    if (!(await passwords.verify(current, account.password)))
      throw invalid(field, `${field} is not the present password`);
    attempt.wasRight();
  }

  return { newSession, originOf, noteElsewhere, noteSignIn, profileOf, enter, requireCurrent };
}
