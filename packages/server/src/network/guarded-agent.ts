/**
 * Connections that check every address in the connect step itself. The addresses that were checked are those that the
 * socket connects to, so a name that resolves differently the next time (DNS rebinding) gains nothing, and each
 * redirect is checked again.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import type { AddressGuard } from './address-guard.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** All addresses of a name, as the operating system's resolver gives them. */
export const resolveBySystem: Resolve = (hostname) => systemLookup(hostname, { all: true });

export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
}

export interface GuardedAgentOptions {
  readonly guard: AddressGuard;
  /** Default `resolveBySystem`. */
  readonly resolve?: Resolve;
  readonly connectMs: number;
}

/** Requests to refused addresses fail with `AddressRefusedError` before a packet is sent. The owner destroys the agent. */
export function createGuardedAgent(options: GuardedAgentOptions): Agent {
  const resolve = options.resolve ?? resolveBySystem;
  return new Agent({
    connect(target, callback) {
      const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
      const literal = target.hostname.replace(/^\[|\]$/g, '');
      // The socket does not call `lookup` for a literal address.
      const refusal = isIP(literal) ? options.guard.refusalOf(literal, port) : undefined;
      if (refusal !== undefined) return callback(new AddressRefusedError(refusal), null);
      const lookup = guardedLookup(options.guard, resolve, port);
      buildConnector({ timeout: options.connectMs, lookup, allowH2: false })(target, callback);
    },
    // HTTP/1.1 only, so that breaking off one response costs its own socket and disturbs no other.
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: 4_000,
    maxHeaderSize: 16_384,
    // The caller has timeouts of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

/** A name is refused if one of its addresses is. */
function guardedLookup(guard: AddressGuard, resolve: Resolve, port: number): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    const fail = (error: Error) => callback(error, '', 0);
    resolve(hostname).then((addresses) => {
      const refusal = addresses.map(({ address }) => guard.refusalOf(address, port)).find((text) => text);
      const [first] = addresses;
      if (first === undefined) fail(new Error(`${hostname} has no address`));
      else if (refusal !== undefined) fail(new AddressRefusedError(`${hostname}: ${refusal}`));
      else if (lookupOptions.all) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    }, fail);
  };
}
