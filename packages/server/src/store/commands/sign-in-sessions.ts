/** Sessions of accounts: begins, uses and ends them. */
import { sql } from 'kysely';
import {
  maxSessions,
  type SignInMethod,
  sessionIdleMs,
  sessionLifetimeMs,
} from '../../domain/accounts/account.ts';
import { notFound, unauthenticated } from '../../domain/errors.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import type { AccountTable } from '../queries/account-tables.ts';
import { deleteSome } from './delete-some.ts';

/** A session that is to begin. */
export interface NewSession {
  readonly id: string;
  /** SHA-256, hex, of what the browser will bear. */
  readonly hash: string;
  readonly method: SignInMethod;
  readonly address: string | null;
  readonly userAgent: string | null;
  /** The hash of what the browser bore before, whose session ends. */
  readonly replaces: string | null;
}

/** The ids of sessions that have ended. */
export interface EndedSessions {
  readonly ended: readonly string[];
}

/** Locks an account until the commit, so that nobody signs in to it while its password changes. @throws AppError */
export async function lockAccount(
  context: CommandContext,
  id: string,
  gone = (): Error => notFound('account'),
): Promise<AccountTable> {
  const query = context.db.selectFrom('account').selectAll().where('id', '=', id);
  const row = await forUpdate(context, query).executeTakeFirst();
  if (row === undefined) throw gone();
  return row;
}

/** Begins a session of an account that is locked. */
export async function insertSession(
  { db }: CommandContext,
  accountId: string,
  session: NewSession,
  now: number,
): Promise<EndedSessions> {
  const ended: string[] = [];
  if (session.replaces !== null) {
    const replaced = await db
      .deleteFrom('sign_in_session')
      .where('hash', '=', session.replaces)
      .returning('id')
      .execute();
    ended.push(...replaced.map(({ id }) => id));
  }
  const beyond = await db
    .deleteFrom('sign_in_session')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('sign_in_session')
        .select('id')
        .where('account_id', '=', accountId)
        .orderBy('last_used_at', 'desc')
        .orderBy('id', 'desc')
        .limit(1000)
        .offset(maxSessions - 1),
    )
    .returning('id')
    .execute();
  ended.push(...beyond.map(({ id }) => id));
  await db
    .insertInto('sign_in_session')
    .values({
      id: session.id,
      hash: session.hash,
      account_id: accountId,
      method: session.method,
      address: session.address,
      user_agent: session.userAgent,
      created_at: now,
      last_used_at: now,
    })
    .execute();
  await db.updateTable('account').set({ last_seen_at: now }).where('id', '=', accountId).execute();
  return { ended };
}

export interface StartSession {
  readonly accountId: string;
  /** The hash of the password that was given; null: none was. */
  readonly password: string | null;
  readonly session: NewSession;
  readonly now: number;
}

/** @throws AppError unauthenticated (the account is gone, or its password was changed meanwhile) */
export async function startSession(context: CommandContext, args: StartSession): Promise<EndedSessions> {
  const changed = (): Error => unauthenticated('the account was changed meanwhile; sign in again');
  const account = await lockAccount(context, args.accountId, changed);
  if (args.password !== null && account.password !== args.password) throw changed();
  return await insertSession(context, args.accountId, args.session, args.now);
}

export interface EndSessions {
  readonly accountId: string;
  /** The one that ends; absent: all of them. */
  readonly id?: string;
}

/** @throws AppError not_found for one that the account does not have */
export async function endSessions(
  { db }: CommandContext,
  { accountId, id }: EndSessions,
): Promise<EndedSessions> {
  let query = db.deleteFrom('sign_in_session').where('account_id', '=', accountId);
  if (id !== undefined) query = query.where('id', '=', id);
  const deleted = await query.returning('id').execute();
  if (id !== undefined && deleted.length === 0) throw notFound('session');
  return { ended: deleted.map((row) => row.id) };
}

/** Notes that a session is in use. `now` in epoch milliseconds. */
export async function touchSession(
  { db }: CommandContext,
  { id, accountId, now }: { readonly id: string; readonly accountId: string; readonly now: number },
): Promise<null> {
  await db
    .updateTable('sign_in_session')
    .set({ last_used_at: now })
    .where('id', '=', id)
    .where('last_used_at', '<', now)
    .execute();
  await db
    .updateTable('account')
    .set({ last_seen_at: now })
    .where('id', '=', accountId)
    .where((eb) => eb.or([eb('last_seen_at', 'is', null), eb('last_seen_at', '<', now)]))
    .execute();
  return null;
}

/** Deletes sessions, links and used challenges whose time is over, at most `limit` of each. Call it until `isDone`. */
export async function pruneSignIns(
  { db }: CommandContext,
  { now, limit }: { readonly now: number; readonly limit: number },
): Promise<{ readonly isDone: boolean }> {
  const idle = sql`last_used_at <= ${now - sessionIdleMs}`;
  const old = sql`created_at <= ${now - sessionLifetimeMs}`;
  const counts = [
    await deleteSome(db, 'sign_in_session', ['id'], idle, limit),
    await deleteSome(db, 'sign_in_session', ['id'], old, limit),
    await deleteSome(db, 'sign_in_link', ['id'], sql`expires_at <= ${now}`, limit),
    await deleteSome(db, 'used_challenge', ['hash'], sql`expires_at <= ${now}`, limit),
  ];
  return { isDone: counts.every((count) => count < limit) };
}
