/** Decides whether a URL from a caller other than the operator may be stored, before anything connects to it. */
import { isIP } from 'node:net';
import { trimEndOf } from '../domain/text/trimming.ts';
import type { AddressGuard } from './address-guard.ts';
import { type Resolve, resolveBySystem } from './guarded-agent.ts';
import { portOf, unbracketed } from './proxies.ts';

/** Names that mean something only inside a network. */
const internalName = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|home\.arpa)$/i;

/**
 * Why the host of an http(s) URL is refused: by its name, its address, or any address that its name resolves to now;
 * undefined where it is permitted. A name that does not resolve is permitted, since nothing can be reached by it yet.
 * @throws what the resolver throws for other reasons than an unknown name
 */
export async function refusalOfHost(
  url: URL,
  guard: AddressGuard,
  resolve: Resolve = resolveBySystem,
): Promise<string | undefined> {
  const port = portOf(url.protocol, url.port);
  const host = trimEndOf(unbracketed(url.hostname), (sign) => sign === '.');
  if (isIP(host) !== 0) return guard.refusalOf(host, port);
  if (!host.includes('.') || internalName.test(host)) return `${host} is a name of an internal network`;
  const addresses = await resolve(host).catch(nobody);
  return addresses
    .map(({ address }) => guard.refusalOf(address, port))
    .find((refusal) => refusal !== undefined);
}

function nobody(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN' || error.code === 'EAI_NODATA') return [];
  throw error;
}
