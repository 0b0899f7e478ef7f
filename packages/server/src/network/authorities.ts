/** Authorities whose certificates are trusted beside the well-known ones. */
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/**
 * Trusts the certificates of a PEM file, in this thread, unless Node.js has read such a file itself: it heeds
 * `NODE_EXTRA_CA_CERTS` only where the variable was there when it started, and not in a file `.env`.
 * @throws the system error for a file that can't be read
 */
export function trustAuthorities(path: string): void {
  if (getCACertificates('extra').length > 0) return;
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(path, 'utf8')]);
}
