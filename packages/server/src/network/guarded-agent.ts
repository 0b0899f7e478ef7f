/**
 * Connections that check every address in the connect step itself. The addresses that were checked are those that the
 * socket connects to, so a name that resolves differently the next time (DNS rebinding) gains nothing, and each
 * redirect is checked again. Through a proxy it is the same: names are resolved and checked here, and the proxy is asked
 * for a tunnel to an address, for `http:` too, since a proxy that is asked for a page goes by its name.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { type AddressGuard, AddressRefusedError } from './address-guard.ts';
import { type Proxies, portOf, unbracketed } from './proxies.ts';
import { createTunnelConnector } from './proxy-tunnel.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** All addresses of a name, as the operating system's resolver gives them. */
export const resolveBySystem: Resolve = (hostname) => systemLookup(hostname, { all: true });

/** A name whose address could not be checked, so that no proxy was asked for it. */
export class UnresolvedNameError extends Error {
  override readonly name = 'UnresolvedNameError';
  readonly code = 'ENOTFOUND';
}

export interface GuardedAgentOptions {
  readonly guard: AddressGuard;
  /** Default `resolveBySystem`. */
  readonly resolve?: Resolve;
  readonly connectMs: number;
  /** Absent: there is no proxy. A proxy's own address is not guarded, since the operator chose it. */
  readonly proxies?: Proxies | undefined;
  /** How long an idle connection is kept, in milliseconds. Default 4000. */
  readonly keepAliveMs?: number;
  /** The bound on a response's headers. Default 16384. */
  readonly maxHeaderBytes?: number;
}

/** Requests to refused addresses fail with `AddressRefusedError` before a packet is sent. The owner destroys the agent. */
export function createGuardedAgent(options: GuardedAgentOptions): Agent {
  const { guard, connectMs, proxies, resolve = resolveBySystem } = options;
  const tunnel = createTunnelConnector(connectMs);
  return new Agent({
    connect(target, callback) {
      const port = portOf(target.protocol, target.port);
      const literal = unbracketed(target.hostname);
      // The socket does not call `lookup` for a literal address.
      const refusal = isIP(literal) ? guard.refusalOf(literal, port) : undefined;
      if (refusal !== undefined) return callback(new AddressRefusedError(refusal, literal), null);
      const direct = (lookup: LookupFunction): void =>
        buildConnector({ timeout: connectMs, lookup, allowH2: false })(target, callback);
      const proxy = proxies?.find({ ...target, port });
      if (proxy === undefined) return direct(guardedLookup(guard, resolve, port));
      resolveForTunnel(guard, resolve, literal, port).then(
        (addresses) => {
          const isException = addresses.every(
            ({ address }) => proxies?.find({ ...target, hostname: address, port }) === undefined,
          );
          if (isException) return direct(fixedLookup(addresses));
          const targets = addresses.map(({ address }) => ({ host: address, port }));
          tunnel(proxy, targets, target, callback);
        },
        (error: Error) => callback(error, null),
      );
    },
    // HTTP/1.1 only, so that breaking off one response costs its own socket and disturbs no other.
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: options.keepAliveMs ?? 4_000,
    maxHeaderSize: options.maxHeaderBytes ?? 16_384,
    // The caller has timeouts of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

/** A name is refused if one of its addresses is. */
function guardedLookup(guard: AddressGuard, resolve: Resolve, port: number): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    resolveChecked(guard, resolve, hostname, port).then(
      (addresses) => fixedLookup(addresses)(hostname, lookupOptions, callback),
      (error: Error) => callback(error, '', 0),
    );
  };
}

function fixedLookup(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    const [first] = addresses as [ResolvedAddress];
    if (all) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}

/** At least one address. @throws AddressRefusedError where one of them is refused; what the resolver throws */
async function resolveChecked(
  guard: AddressGuard,
  resolve: Resolve,
  hostname: string,
  port: number,
): Promise<readonly ResolvedAddress[]> {
  const addresses = await resolve(hostname);
  if (addresses.length === 0) throw new Error(`${hostname} has no address`);
  for (const { address } of addresses) {
    const refusal = guard.refusalOf(address, port);
    if (refusal !== undefined) throw new AddressRefusedError(`${hostname}: ${refusal}`, address);
  }
  return addresses;
}

/** Says to people what their browser, behind the same proxy, does not need. */
function unresolved(name: string): (error: Error) => never {
  return (cause) => {
    throw new UnresolvedNameError(
      `${name} can't be resolved on this machine, which checks its address before it asks the proxy`,
      { cause },
    );
  };
}

/** IPv4 first: behind a proxy nothing tells whether IPv6 leads anywhere. */
async function resolveForTunnel(
  guard: AddressGuard,
  resolve: Resolve,
  host: string,
  port: number,
): Promise<readonly ResolvedAddress[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  const addresses = await resolveChecked(guard, (name) => resolve(name).catch(unresolved(name)), host, port);
  return addresses.toSorted((one, other) => one.family - other.family);
}
