/** Where passkeys work: browsers bind them to a host name, and have them by HTTPS and on this machine alone. */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { RelyingParty } from '../../auth/accounts/webauthn.ts';
import { AppError } from '../../domain/errors.ts';
import { isThisMachine } from '../../domain/text/loopback.ts';
import { isSecure } from '../routing/own-pages.ts';
import type { PublicAddress } from '../routing/public-address.ts';

export type PasskeyPlace =
  | { readonly state: 'available'; readonly party: RelyingParty }
  | { readonly state: 'no_host_name' | 'insecure'; readonly party?: undefined };

/**
 * @param address the server's, as browsers know it
 * @param isSecure whether the browser is known to have come by HTTPS, whatever the address says
 */
export function passkeyPlace(address: string, isSecure: boolean): PasskeyPlace {
  const url = URL.parse(address);
  if (url === null || url.hostname === '' || isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) {
    return { state: 'no_host_name' };
  }
  if (url.protocol === 'http:' && isSecure) url.protocol = 'https:';
  const { protocol, hostname, origin } = url;
  if (protocol !== 'https:' && !isThisMachine(hostname)) return { state: 'insecure' };
  return { state: 'available', party: { id: hostname, origin } };
}

/** @throws AppError forbidden where there are none */
export function requirePlace(
  publicAddress: PublicAddress,
  request: FastifyRequest,
  takesPasskeys: boolean,
): RelyingParty {
  if (!takesPasskeys) {
    throw new AppError(
      'forbidden',
      'passkeys are turned off on this server: only its OpenID provider lets people in',
    );
  }
  const { state, party } = passkeyPlace(publicAddress(request), isSecure(request));
  if (party !== undefined) return party;
  throw new AppError(
    'forbidden',
    state === 'insecure'
      ? 'browsers have passkeys by HTTPS alone, and on localhost'
      : 'browsers have passkeys for host names alone: reach the server by a name',
  );
}
