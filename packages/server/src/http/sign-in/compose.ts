/** Composes what the console signs in with. */

import type { FastifyRequest } from 'fastify';
import { createAccounts } from '../../auth/accounts/accounts.ts';
import { createEntrance } from '../../auth/accounts/entrance.ts';
import type { OpenIdProvider } from '../../auth/accounts/openid.ts';
import { createPasskeys } from '../../auth/accounts/passkeys.ts';
import { createPasswords, type Passwords } from '../../auth/accounts/passwords.ts';
import type { SignInFacts } from '../../domain/operations/server-facts.ts';
import type { Secrets } from '../../domain/secrets/secret-ring.ts';
import type { Limiter } from '../../limits/limiter.ts';
import type { AppPlugin } from '../openapi/route-plugin.ts';
import { isSecure } from '../routing/own-pages.ts';
import type { PublicAddress } from '../routing/public-address.ts';
import type { SignInDependencies } from './dependencies.ts';
import { openIdCallbackPath } from './openid-routes.ts';
import { passkeyPlace } from './passkey-place.ts';
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
  /** Where that provider is. */
  readonly oidc?: { readonly issuer: string; readonly label: string };
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

/** What operators are told of it. */
export function createSignInFacts(
  { takesPasswords = true, oidc }: SignInSettings,
  publicAddress: PublicAddress,
): (request: FastifyRequest) => SignInFacts {
  return (request) => {
    const address = publicAddress(request);
    const { state, party } = passkeyPlace(address, isSecure(request));
    return {
      takesPasswords,
      openId: oidc && { issuer: oidc.issuer, label: oidc.label },
      callback: `${address}${openIdCallbackPath}`,
      passkeys: takesPasswords ? { state, host: party?.id } : { state: 'off', host: undefined },
    };
  };
}
