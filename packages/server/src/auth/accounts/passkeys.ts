/**
 * Passkeys: a signed-in person adds one, and signs in by it without a name or a password. The browser bears each challenge
 * sealed, as it bears the state of an OpenID sign-in; once answered well, a challenge is used up.
 */
import { hash, randomBytes } from 'node:crypto';
import {
  challengeLifetimeMs,
  maxPasskeys,
  recentSignInMs,
  type SignInMethod,
} from '../../domain/accounts/account.ts';
import { AppError, invalid, notFound } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import type { Secrets } from '../../domain/secrets/secret-ring.ts';
import type { AnsweredChallenge, DeletePasskey } from '../../store/commands/passkeys.ts';
import { findAccount, listMemberships } from '../../store/queries/accounts.ts';
import { findPasskey, listPasskeys, type PasskeyRecord } from '../../store/queries/passkeys.ts';
import type { Store } from '../../store/store.ts';
import type { Entered, Entrance, Tries, Visitor } from './entrance.ts';
import { RefusedSignIn, trailsOf } from './refused-sign-in.ts';
import type { SignedIn } from './sessions.ts';
import {
  type Assertion,
  type Creation,
  creationOptions,
  PasskeyFailure,
  type RelyingParty,
  requestOptions,
  verifyAssertion,
  verifyCreation,
} from './webauthn.ts';

export interface PasskeysOptions {
  readonly store: Store;
  readonly entrance: Entrance;
  readonly tries: Tries;
  readonly secrets: Secrets;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What a challenge is sealed for. */
type Purpose = 'passkey registration' | 'passkey sign-in';

interface Pending {
  readonly challenge: string;
  /** The session that adds a passkey; null: nobody is signed in yet. */
  readonly sessionId: string | null;
  readonly rpId: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** What a browser is asked, and what it bears meanwhile. */
export interface Challenge<Options> {
  readonly options: Options;
  readonly sealed: string;
}

const method: SignInMethod = 'passkey';
const stale = 'this took too long, or was begun in another browser; begin anew';

export type Passkeys = ReturnType<typeof createPasskeys>;

export function createPasskeys({ store, entrance, tries, secrets, now }: PasskeysOptions) {
  const { reads } = store;
  const { newSession, originOf, noteElsewhere, noteSignIn, profileOf, requireCurrent } = entrance;

  function seal(challenge: string, sessionId: string | null, party: RelyingParty, purpose: Purpose): string {
    const pending: Pending = { challenge, sessionId, rpId: party.id, expiresAt: now() + challengeLifetimeMs };
    return secrets.ring.seal(JSON.stringify(pending), purpose);
  }

  /** Undefined for what was not sealed for this, is too old, or is of another session. */
  function open(
    sealed: string | undefined,
    sessionId: string | null,
    party: RelyingParty,
    purpose: Purpose,
  ): (AnsweredChallenge & Pick<Pending, 'challenge'>) | undefined {
    const text = sealed === undefined ? undefined : secrets.ring.openWhole(sealed, purpose)?.text;
    if (text === undefined) return undefined;
    const { challenge, expiresAt, ...pending }: Pending = JSON.parse(text);
    if (expiresAt <= now() || pending.sessionId !== sessionId || pending.rpId !== party.id) return undefined;
    return { challenge, hash: hash('sha256', challenge), expiresAt };
  }

  async function own(accountId: string, id: string): Promise<PasskeyRecord> {
    const found = (await listPasskeys(reads, accountId)).find((one) => one.id === id);
    if (found === undefined) throw notFound('passkey');
    return found;
  }

  /** The account's trails, the first of which has what a command does. */
  async function trails(accountId: string) {
    return trailsOf(accountId, await listMemberships(reads, accountId));
  }

  return {
    list: (accountId: string): Promise<readonly PasskeyRecord[]> => listPasskeys(reads, accountId),

    /**
     * Asks a browser for a new passkey. Whoever signed in a while ago gives the present password.
     * @throws AppError invalid_request (the password), forbidden (there is none), conflict (too many passkeys), rate_limited
     */
    async beginAdding(
      signedIn: SignedIn,
      password: string | undefined,
      party: RelyingParty,
      visitor: Visitor,
    ): Promise<Challenge<ReturnType<typeof creationOptions>>> {
      const { account } = await profileOf(signedIn.accountId);
      if (now() - signedIn.begunAt > recentSignInMs) {
        if (account.password === null) {
          throw new AppError(
            'forbidden',
            'to add a passkey, sign out and sign in again: that was a while ago',
          );
        }
        await requireCurrent(account, password, visitor, 'add a passkey');
      }
      const known = await listPasskeys(reads, account.id);
      if (known.length >= maxPasskeys) {
        throw new AppError('conflict', `an account has at most ${maxPasskeys} passkeys; delete one first`);
      }
      const challenge = newChallenge();
      const here = known.filter((one) => one.rpId === party.id);
      return {
        options: creationOptions(party, challenge, account, here, challengeLifetimeMs),
        sealed: seal(challenge, signedIn.sessionId, party, 'passkey registration'),
      };
    },

    /** @throws AppError invalid_request, conflict */
    async add(
      signedIn: SignedIn,
      sealed: string | undefined,
      { name, credential }: { readonly name: string; readonly credential: Creation },
      party: RelyingParty,
      visitor: Visitor,
    ): Promise<PasskeyRecord> {
      const { accountId, sessionId } = signedIn;
      const pending = open(sealed, sessionId, party, 'passkey registration');
      if (pending === undefined) throw invalid('credential', `credential: ${stale}`);
      const { challenge, ...answered } = pending;
      const created = await verifyCreation(credential, challenge, party).catch((error: unknown) => {
        if (!(error instanceof PasskeyFailure)) throw error;
        throw new AppError(
          'invalid_request',
          `credential: the passkey was not accepted: ${error.message}`,
          { field: 'credential' },
          { cause: error.cause },
        );
      });
      const id = newId();
      const [trail, ...others] = await trails(accountId);
      await store.execute(
        'addPasskey',
        {
          ...{ id, accountId, sessionId, ...created, rpId: party.id, name },
          ...{ challenge: answered, most: maxPasskeys, now: now() },
        },
        originOf(visitor, trail),
      );
      const subject = { kind: 'passkey', id } as const;
      await noteElsewhere(visitor, others, { action: 'passkey.create', subject, values: { name } });
      return await own(accountId, id);
    },

    /** Asks a browser for a passkey, whichever. */
    beginSignIn(party: RelyingParty): Challenge<ReturnType<typeof requestOptions>> {
      const challenge = newChallenge();
      return {
        options: requestOptions(party, challenge, challengeLifetimeMs),
        sealed: seal(challenge, null, party, 'passkey sign-in'),
      };
    },

    /** @throws RefusedSignIn, AppError rate_limited */
    async signIn(
      sealed: string | undefined,
      credential: Assertion,
      party: RelyingParty,
      visitor: Visitor,
    ): Promise<Entered> {
      // Of the account no try is counted: guesses at its password must not keep its owner's passkey out.
      const attempt = await tries.begin(null, visitor.address);
      const pending = open(sealed, null, party, 'passkey sign-in');
      if (pending === undefined) throw new RefusedSignIn(stale);
      const { challenge, ...answered } = pending;
      const passkey = await findPasskey(reads, credential.id);
      const account = passkey && (await findAccount(reads, passkey.accountId));
      if (passkey === undefined || account === undefined)
        throw new RefusedSignIn('the passkey was not accepted: nobody here has it');
      const memberships = await listMemberships(reads, account.id);
      const used = await verifyAssertion(credential, challenge, party, passkey).catch((error: unknown) => {
        if (!(error instanceof PasskeyFailure)) throw error;
        const message = `the passkey was not accepted: ${error.message}`;
        throw new RefusedSignIn(message, account.id, memberships);
      });
      const { secret, session } = newSession(visitor, method);
      const [trail, ...others] = trailsOf(account.id, memberships);
      const args = {
        ...{ passkeyId: passkey.id, accountId: account.id, ...used, challenge: answered },
        ...{ session, now: now() },
      };
      const { ended } = await store
        .execute('startPasskeySession', args, originOf(visitor, trail))
        .catch((error: unknown) => {
          if (!(error instanceof AppError) || error.code !== 'unauthenticated') throw error;
          throw new RefusedSignIn(error.message, account.id, memberships);
        });
      attempt.wasRight();
      await noteSignIn(visitor, account.id, others, method);
      return { account, memberships, sessionId: session.id, secret, ended };
    },

    /** @throws AppError not_found */
    async rename(
      { accountId }: SignedIn,
      id: string,
      name: string,
      visitor: Visitor,
    ): Promise<PasskeyRecord> {
      const [trail] = await trails(accountId);
      await store.execute('updatePasskey', { id, accountId, name }, originOf(visitor, trail));
      return await own(accountId, id);
    },

    /** @throws AppError not_found, conflict (the last way to sign in) */
    async remove(
      { accountId }: SignedIn,
      id: string,
      ways: DeletePasskey['ways'],
      visitor: Visitor,
    ): Promise<void> {
      const [trail, ...others] = await trails(accountId);
      await store.execute('deletePasskey', { id, accountId, ways }, originOf(visitor, trail));
      const subject = { kind: 'passkey', id } as const;
      await noteElsewhere(visitor, others, { action: 'passkey.delete', subject, values: {} });
    },
  };
}

function newChallenge(): string {
  return randomBytes(32).toString('base64url');
}
