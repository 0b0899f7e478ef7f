/** Passkeys: adds, uses, renames and removes them. Each use of one takes up its challenge. */
import { AppError, notFound, unauthenticated } from '../../domain/errors.ts';
import type { CommandContext } from '../command-context.ts';
import { type EndedSessions, insertSession, lockAccount, type NewSession } from './sign-in-sessions.ts';

/** The challenge that was answered. */
export interface AnsweredChallenge {
  /** SHA-256, hex. */
  readonly hash: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

const answered = 'this challenge was answered already; begin anew';

/** False: it was answered before. */
async function takeChallenge(
  { db }: CommandContext,
  { hash, expiresAt }: AnsweredChallenge,
): Promise<boolean> {
  const taken = await db
    .insertInto('used_challenge')
    .values({ hash, expires_at: expiresAt })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .returning('hash')
    .execute();
  return taken.length > 0;
}

export interface AddPasskey {
  readonly id: string;
  readonly accountId: string;
  /** As base64url. */
  readonly credentialId: string;
  readonly rpId: string;
  /** A COSE key, as base64url. */
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly isBackedUp: boolean;
  readonly name: string;
  readonly challenge: AnsweredChallenge;
  /** The session that it is added in, which may have ended meanwhile. */
  readonly sessionId: string;
  /** How many an account may have. */
  readonly most: number;
  readonly now: number;
}

/** @throws AppError conflict (too many, a known one, or a used challenge), unauthenticated (the session has ended) */
export async function addPasskey(
  context: CommandContext,
  args: AddPasskey,
): Promise<{ readonly id: string }> {
  const { db } = context;
  const { id, accountId } = args;
  await lockAccount(context, accountId);
  const session = await db
    .selectFrom('sign_in_session')
    .select('id')
    .where('id', '=', args.sessionId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  if (session === undefined) throw unauthenticated('you are signed out; sign in again');
  if (!(await takeChallenge(context, args.challenge))) throw new AppError('conflict', answered);
  const others = await db.selectFrom('passkey').select('id').where('account_id', '=', accountId).execute();
  if (others.length >= args.most) {
    throw new AppError('conflict', `an account has at most ${args.most} passkeys; delete one first`);
  }
  const made = await db
    .insertInto('passkey')
    .values({
      id,
      account_id: accountId,
      credential_id: args.credentialId,
      rp_id: args.rpId,
      public_key: args.publicKey,
      counter: args.counter,
      transports: JSON.stringify(args.transports),
      is_backed_up: args.isBackedUp ? 1 : 0,
      name: args.name,
      created_at: args.now,
      last_used_at: null,
    })
    .onConflict((conflict) => conflict.column('credential_id').doNothing())
    .returning('id')
    .execute();
  if (made.length === 0) throw new AppError('conflict', 'this passkey is added already');
  return { id };
}

export interface StartPasskeySession {
  readonly passkeyId: string;
  readonly accountId: string;
  /** What the passkey says of itself now. */
  readonly counter: number;
  readonly isBackedUp: boolean;
  readonly challenge: AnsweredChallenge;
  readonly session: NewSession;
  readonly now: number;
}

/** @throws AppError unauthenticated (account or passkey are gone, the challenge was used, or the counter has gone back) */
export async function startPasskeySession(
  context: CommandContext,
  args: StartPasskeySession,
): Promise<EndedSessions> {
  const { accountId, counter, now } = args;
  const gone = (): Error => unauthenticated('the account was changed meanwhile; sign in again');
  await lockAccount(context, accountId, gone);
  if (!(await takeChallenge(context, args.challenge))) throw unauthenticated(answered);
  const used = await context.db
    .updateTable('passkey')
    .set({ counter, is_backed_up: args.isBackedUp ? 1 : 0, last_used_at: now })
    .where('id', '=', args.passkeyId)
    .where('account_id', '=', accountId)
    // Passkeys that do not count say 0 each time.
    .where((eb) =>
      eb.or([eb('counter', '<', counter), eb.and([eb('counter', '=', 0), eb.lit(counter === 0)])]),
    )
    .returning('id')
    .execute();
  if (used.length === 0) throw gone();
  return await insertSession(context, accountId, args.session, now);
}

export interface UpdatePasskey {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
}

/** @throws AppError not_found for one that the account does not have */
export async function updatePasskey({ db }: CommandContext, args: UpdatePasskey): Promise<null> {
  const changed = await db
    .updateTable('passkey')
    .set({ name: args.name })
    .where('id', '=', args.id)
    .where('account_id', '=', args.accountId)
    .returning('id')
    .execute();
  if (changed.length === 0) throw notFound('passkey');
  return null;
}

export interface DeletePasskey {
  readonly id: string;
  readonly accountId: string;
  /** How people can sign in to this server at present. */
  readonly ways: {
    readonly password: boolean;
    readonly identity: boolean;
    /** The host name whose passkeys are good here; null: none are. */
    readonly rpId: string | null;
  };
}

/** @throws AppError not_found, conflict (without it nobody could sign in to the account) */
export async function deletePasskey(context: CommandContext, args: DeletePasskey): Promise<null> {
  const { db } = context;
  const { id, accountId, ways } = args;
  const account = await lockAccount(context, accountId);
  const all = await db
    .selectFrom('passkey')
    .select(['id', 'rp_id'])
    .where('account_id', '=', accountId)
    .execute();
  if (!all.some((one) => one.id === id)) throw notFound('passkey');
  const good = all.filter((one) => one.rp_id === ways.rpId);
  const isLast = good.length === 1 && good[0]?.id === id;
  if (isLast && !(ways.password && account.password !== null)) {
    const identity = db.selectFrom('identity').select('subject').where('account_id', '=', accountId).limit(1);
    if (!ways.identity || (await identity.executeTakeFirst()) === undefined) {
      throw new AppError(
        'conflict',
        'this passkey is the only way to sign in to the account; add another one first',
      );
    }
  }
  await db.deleteFrom('passkey').where('id', '=', id).execute();
  return null;
}

/** For an account that has another owner than before. */
export async function dropPasskeys({ db }: Pick<CommandContext, 'db'>, accountId: string): Promise<void> {
  await db.deleteFrom('passkey').where('account_id', '=', accountId).execute();
}
