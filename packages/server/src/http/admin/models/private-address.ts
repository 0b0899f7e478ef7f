/** Which hosts lie on networks that only the operator may reach into. */
import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';

/** Names that mean something only inside a network. */
const internalName = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|home\.arpa)$/i;

export function isPrivateIp(address: string): boolean {
  if (!ipaddr.isValid(address)) return true;
  return ipaddr.process(address).range() !== 'unicast';
}

/**
 * Whether a URL's host is private: its address, or any that its name resolves to now. A name that does not resolve
 * is not; who connects later must look again.
 */
export async function isPrivateHost(hostname: string): Promise<boolean> {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (ipaddr.isValid(host)) return isPrivateIp(host);
  if (!host.includes('.') || internalName.test(host)) return true;
  try {
    const addresses = await lookup(host, { all: true });
    return addresses.some(({ address }) => isPrivateIp(address));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_NODATA') return false;
    throw error;
  }
}
