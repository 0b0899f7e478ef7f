/** Composes what the console signs in with. */
import { createAccounts } from '../../auth/accounts/accounts.ts';
import type { OpenIdProvider } from '../../auth/accounts/openid.ts';
import { createPasswords, type Passwords } from '../../auth/accounts/passwords.ts';
import type { Limiter } from '../../limits/limiter.ts';
import type { AppPlugin } from '../openapi/route-plugin.ts';
import type { SignInDependencies } from './dependencies.ts';
import { signIn } from './routes.ts';
import { createTries } from './tries.ts';

/** What the operator has set, or what tests hand in. */
export interface SignInSettings {
  /** Whether people may sign in by a password. Default true. */
  readonly takesPasswords?: boolean;
  /** The address by which browsers reach the server, without a slash at the end. Default: where a request came to. */
  readonly publicUrl?: string;
  /** The OpenID provider by which people may sign in. Default: none. */
  readonly openId?: OpenIdProvider | undefined;
  /** Default: one of its own. */
  readonly passwords?: Passwords;
}

export function composeSignIn(
  { takesPasswords = true, openId, passwords = createPasswords() }: SignInSettings,
  dependencies: Pick<
    SignInDependencies,
    'store' | 'sessions' | 'authenticator' | 'revocation' | 'publicAddress' | 'now'
  > & {
    readonly limiter: Pick<Limiter, 'take'>;
  },
): AppPlugin {
  const { store, limiter, now } = dependencies;
  const tries = createTries(limiter);
  return signIn({
    ...dependencies,
    accounts: createAccounts({ store, passwords, tries, takesPasswords, now }),
    takesPasswords,
    openId,
  });
}
