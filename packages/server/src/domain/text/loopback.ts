/** Tells whether a host is this machine by its loopback address or name. */
import { isIPv4 } from 'node:net';

/** `localhost`, `127.0.0.0/8` or `::1`, which may stand in brackets as in a URL. */
export function isLoopback(host: string): boolean {
  return ['localhost', '::1', '[::1]'].includes(host) || (isIPv4(host) && host.startsWith('127.'));
}

/** The same, or a name below `localhost`, which clients take to the loopback too (RFC 6761 §6.3). */
export function isThisMachine(host: string): boolean {
  return isLoopback(host) || host.endsWith('.localhost');
}
