/**
 * Which addresses pages may be read from: public ones, on the ports of the web, and the networks that the
 * operator names, on any port. Against server-side request forgery; the decision is taken per address, where
 * the connection is made (`guarded-agent.ts`), so that nothing that a name resolves to later can slip through.
 */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

export interface AddressGuard {
  /** Why a connection to a literal IP address is refused; undefined where it is permitted. */
  refusalOf(address: string, port: number): string | undefined;
}

export interface AddressGuardOptions {
  /** CIDR list; they open exactly these networks, whatever lies in them. */
  readonly allowedNetworks: readonly string[];
  /** The machine's own addresses, public ones too: what listens there may be closed to the outside. */
  readonly ownAddresses?: () => readonly string[];
}

/** Elsewhere than on these a public host rather speaks something else than HTTP. */
const webPorts: ReadonlySet<number> = new Set([80, 443]);

/** Public by its range, but only the virtual machine itself reaches it: Azure's metadata service. */
const cloudInternal: ReadonlySet<string> = new Set(['168.63.129.16']);

/** @throws Error where an entry of `allowedNetworks` is no CIDR */
export function createAddressGuard(options: AddressGuardOptions): AddressGuard {
  const networks = options.allowedNetworks.map((network) => ipaddr.parseCIDR(network));
  const ownAddresses = options.ownAddresses ?? addressesOfThisMachine;
  return {
    refusalOf(text, port) {
      const literal = withoutZone(text);
      // Stricter than ipaddr.js, which also reads octal and shortened forms.
      if (isIP(literal) === 0) return `${text} is not an address`;
      const written = parse(literal);
      const reached = unwrap(written);
      if (networks.some((network) => isWithin(written, network) || isWithin(reached, network)))
        return undefined;
      if (!isPublic(reached)) return `${text} is not a public address`;
      if (ownAddresses().some((own) => isSame(own, reached))) return `${text} is this machine`;
      return webPorts.has(port) ? undefined : `port ${port} is not one of the web's`;
    },
  };
}

/** ipaddr.js takes `::8.8.8.8` for IPv4-mapped, which it is not; a URL writes it in hexadecimal. */
function parse(literal: string): Address {
  return ipaddr.parse(isIP(literal) === 6 ? new URL(`http://[${literal}]`).hostname.slice(1, -1) : literal);
}

/** The IPv4 address that an IPv4-mapped or a NAT64 address (RFC 6052, well-known prefix) leads to. */
function unwrap(address: Address): Address {
  if (!isIpv6(address)) return address;
  const bytes = address.toByteArray();
  const isMapped = address.isIPv4MappedAddress();
  const isNat64 = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0].every((byte, index) => bytes[index] === byte);
  return isMapped || isNat64 ? new ipaddr.IPv4(bytes.slice(12)) : address;
}

/**
 * Global unicast only. 6to4, Teredo, IPv4-compatible and IPv4-translated addresses, which also carry an IPv4
 * address inside, are refused as a whole: nobody serves pages from them any more.
 */
function isPublic(address: Address): boolean {
  if (cloudInternal.has(address.toString()) || address.range() !== 'unicast') return false;
  // Outside 2000::/3 nothing is assigned for global unicast (RFC 4291, IANA).
  return !isIpv6(address) || ((address.parts[0] ?? 0) & 0xe000) === 0x2000;
}

function isWithin(address: Address, [network, bits]: [Address, number]): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

function isSame(own: string, address: Address): boolean {
  const literal = withoutZone(own);
  return isIP(literal) !== 0 && unwrap(parse(literal)).toString() === address.toString();
}

function isIpv6(address: Address): address is ipaddr.IPv6 {
  return address.kind() === 'ipv6';
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/, '');
}

function addressesOfThisMachine(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}
