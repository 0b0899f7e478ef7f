/** What the routes of the console's sign-in are given. */
import type { FastifyRequest } from 'fastify';
import type { Accounts } from '../../auth/accounts/accounts.ts';
import type { Visitor } from '../../auth/accounts/entrance.ts';
import type { OpenIdProvider } from '../../auth/accounts/openid.ts';
import type { Passkeys } from '../../auth/accounts/passkeys.ts';
import type { Sessions } from '../../auth/accounts/sessions.ts';
import type { Authenticator } from '../../auth/authenticator.ts';
import type { Store } from '../../store/store.ts';
import { addressOf } from '../request/audit-origin.ts';
import { bornHash } from '../routing/own-pages.ts';
import type { PublicAddress } from '../routing/public-address.ts';
import type { Revocation } from '../streaming/revocation.ts';

export interface SignInDependencies {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly passkeys: Passkeys;
  readonly sessions: Sessions;
  readonly authenticator: Pick<Authenticator, 'issueSessionToken'>;
  readonly revocation: Pick<Revocation, 'sessions'>;
  readonly publicAddress: PublicAddress;
  /** Whether people may sign in by a password, and by a passkey. */
  readonly takesPasswords: boolean;
  /** Absent: there is none. */
  readonly openId?: OpenIdProvider | undefined;
  /** Epoch milliseconds. */
  now(): number;
}

const maxUserAgent = 300;

export function visitorOf(request: FastifyRequest): Visitor {
  const userAgent = request.headers['user-agent']?.slice(0, maxUserAgent) ?? null;
  return { address: addressOf(request), userAgent, requestId: request.id, bears: bornHash(request) };
}
