/** Decides which organization requests without a credential act for. */

import type { Config } from '../config/config.ts';
import { ConfigError, quote } from '../config/problems.ts';
import { isLoopback } from '../domain/text/loopback.ts';
import type { AnonymousAccess } from '../http/request/anonymous.ts';
import { findDefaultOrganization, findOrganization } from '../store/queries/organizations.ts';
import type { Store } from '../store/store.ts';

/**
 * The organization that requests without a credential act for, and the origins that may send them: `default` on an
 * embedded server that only this machine reaches, the one that `ANONYMOUS_ORG` names elsewhere; undefined where such
 * requests are refused.
 * @throws ConfigError for an organization that does not exist
 */
export async function findAnonymousAccess(
  store: Store,
  config: Config,
): Promise<AnonymousAccess | undefined> {
  const { anonymousOrg, anonymousOrigins: origins, databaseUrl, host } = config;
  if (anonymousOrg === 'off') return undefined;
  const isEmbedded = databaseUrl === undefined && isLoopback(host);
  if (anonymousOrg === undefined && !isEmbedded) return undefined;
  if (anonymousOrg !== undefined && anonymousOrg !== 'default') {
    if ((await findOrganization(store.reads, anonymousOrg)) === undefined) {
      const found = `holds ${quote(anonymousOrg)}, which is not there`;
      const allowed = "the id of an organization of this server's, default, or off";
      throw new ConfigError([{ name: 'ANONYMOUS_ORG', found, allowed }]);
    }
    return { organizationId: anonymousOrg, loopbackOnly: false, origins };
  }
  const organization = await findDefaultOrganization(store.reads);
  if (organization === undefined) return undefined;
  return { organizationId: organization.id, loopbackOnly: anonymousOrg === undefined, origins };
}

/** A sentence for the operator: who is answered without a credential. */
export function describeAnonymous(access: AnonymousAccess | undefined): string | undefined {
  if (access === undefined) return undefined;
  const whom = access.loopbackOnly ? 'requests from this machine' : 'requests from everywhere';
  const pages = access.origins.length === 0 ? '' : `, and from pages of ${access.origins.join(', ')}`;
  return `Without a credential, ${whom}${pages} are answered at /chats, /conversations and /api/generations; ANONYMOUS_ORG=off turns that off.`;
}
