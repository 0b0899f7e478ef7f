/** Composes what the console signs in with. */
import { createAccounts } from '../../auth/accounts/accounts.ts';
import { createEntrance } from '../../auth/accounts/entrance.ts';
import type { OpenIdProvider } from '../../auth/accounts/openid.ts';
import { createPasskeys } from '../../auth/accounts/passkeys.ts';
import { createPasswords, type Passwords } from '../../auth/accounts/passwords.ts';
import type { Secrets } from '../../domain/secrets/secret-ring.ts';
import type { Limiter } from '../../limits/limiter.ts';
import type { AppPlugin } from '../openapi/route-plugin.ts';
import type { SignInDependencies } from './dependencies.ts';
import { signIn } from './routes.ts';
import { createTries } from './tries.ts';

/** What the operator has set, or what tests hand in. */
export interface SignInSettings {
  /** Whether people may sign in by a password, and by a passkey. Default true. */
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
    readonly secrets: Secrets;
  },
): AppPlugin {
  const { store, limiter, secrets, now } = dependencies;
  const tries = createTries(limiter);
  const entrance = createEntrance({ store, passwords, tries, now });
  return signIn({
    ...dependencies,
    accounts: createAccounts({ store, entrance, passwords, tries, takesPasswords, now }),
    passkeys: createPasskeys({ store, entrance, tries, secrets, now }),
    takesPasswords,
    openId,
  });
}
