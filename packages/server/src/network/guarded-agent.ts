/**
 * The connections to the pages: every address is checked in the connect step itself. What the name resolved to
 * and was checked is what the socket connects to, so a name that answers differently the next time (DNS
 * rebinding) gains nothing, and each redirect passes here again.
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

export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
}

export interface GuardedAgentOptions {
  readonly guard: AddressGuard;
  /** The system's resolver unless another is given. */
  readonly resolve?: Resolve;
  readonly connectMs: number;
}

/** The owner destroys it. Requests to refused addresses fail with `AddressRefusedError`, before a packet is sent. */
export function createGuardedAgent(options: GuardedAgentOptions): Agent {
  const resolve = options.resolve ?? ((hostname) => systemLookup(hostname, { all: true }));
  return new Agent({
    connect(target, callback) {
      const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
      const literal = target.hostname.replace(/^\[|\]$/g, '');
      // For a literal address the socket asks no lookup.
      const refusal = isIP(literal) ? options.guard.refusalOf(literal, port) : undefined;
      if (refusal !== undefined) return callback(new AddressRefusedError(refusal), null);
      const lookup = guardedLookup(options.guard, resolve, port);
      buildConnector({ timeout: options.connectMs, lookup, allowH2: false })(target, callback);
    },
    // HTTP/1.1 only: cutting a page off costs its own socket.
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: 4_000,
    maxHeaderSize: 16_384,
    // The reader keeps its own time.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

/** A name is refused as a whole as soon as one of its addresses is. */
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
