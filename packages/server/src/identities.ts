/** Who else says who somebody is: the identity provider whose tokens count, and the OpenID provider of the console. */
import { createOpenIdProvider, type OpenIdProvider } from './auth/accounts/openid.ts';
import { createIdentityProvider, type IdentityProvider } from './auth/identity-provider.ts';
import type { Config } from './config/config.ts';
import type { Secrets } from './domain/secrets/secret-ring.ts';
import { createOutsideFetch } from './network/outside-fetch.ts';
import type { Proxies } from './network/proxies.ts';

export interface Identities extends AsyncDisposable {
  readonly identityProvider: IdentityProvider | undefined;
  readonly openId: OpenIdProvider | undefined;
}

/** Both are where the operator says, and are reached as the operator says. */
export function openIdentities(
  { identityProvider, signIn: { oidc } }: Pick<Config, 'identityProvider' | 'signIn'>,
  secrets: Secrets,
  proxies: Proxies | undefined,
): Identities {
  // Without a proxy, the platform's own `fetch` does.
  const outside = proxies && createOutsideFetch({ connectMs: 5_000, proxies });
  const fetch = outside?.fetch;
  return {
    identityProvider: identityProvider && createIdentityProvider(identityProvider, { fetch }),
    openId: oidc && createOpenIdProvider({ config: oidc, secrets, fetch, now: Date.now }),
    async [Symbol.asyncDispose]() {
      await outside?.[Symbol.asyncDispose]();
    },
  };
}
