/**
 * Which addresses may be connected to where the operator did not choose them: public ones, and the networks that the
 * operator names. This is the one rule against server-side request forgery, for pages, for models that an
 * organization's administrator adds, and for webhooks. It judges single addresses, so that it can be asked where the
 * connection is made (`guarded-agent.ts`) and nothing that a name resolves to later slips through.
 */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

export interface AddressGuard {
  /** Why a connection to a literal IP address is refused; undefined where it is permitted. */
  refusalOf(address: string, port: number): string | undefined;
}

/** A connection that the guard does not permit; nothing was sent. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
  /** The literal IP address that is refused. */
  readonly address: string;

  constructor(message: string, address: string) {
    super(message);
    this.address = address;
  }
}

/** Names of the special ranges of addresses, as ipaddr.js tells them apart; the others are "special". */
const rangeNames: Readonly<Record<string, string>> = {
  loopback: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  carrierGradeNat: 'private',
  linkLocal: 'link-local',
  unspecified: 'unspecified',
  broadcast: 'broadcast',
  multicast: 'multicast',
};

/** What kind of address a literal IP address is, in words that stand before "address". */
export function kindOfAddress(text: string): string {
  const literal = withoutZone(text);
  if (isIP(literal) === 0) return 'malformed';
  const address = unwrap(parse(literal));
  if (isPublic(address)) return 'public';
  return rangeNames[address.range()] ?? 'special';
}

export interface AddressGuardOptions {
  /** A list of CIDR networks that are open on every port, whatever lies in them. Default: none. */
  readonly allowedNetworks?: readonly string[];
  /** Which ports of public addresses are open: those of the web (80 and 443), or any. Default `web`. */
  readonly ports?: 'web' | 'any';
  /** The machine's own addresses, public ones too: what listens there may be closed to the outside. */
  readonly ownAddresses?: () => readonly string[];
}

/** On other ports a public host is more likely to speak something else than HTTP. */
const webPorts: ReadonlySet<number> = new Set([80, 443]);

/** Azure's metadata service: public by its range, but only the virtual machine itself reaches it. */
const cloudInternal: ReadonlySet<string> = new Set(['168.63.129.16']);

/** @throws Error where an entry of `allowedNetworks` is no CIDR network */
export function createAddressGuard(options: AddressGuardOptions = {}): AddressGuard {
  const networks = (options.allowedNetworks ?? []).map((network) => ipaddr.parseCIDR(network));
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
      if (options.ports === 'any' || webPorts.has(port)) return undefined;
      return `port ${port} is not one of the web's`;
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
 * Whether an address is global unicast. 6to4, Teredo, ISATAP, IPv4-compatible and IPv4-translated addresses, which
 * also carry an IPv4 address inside, are refused as a whole: nothing is served from them any more.
 */
function isPublic(address: Address): boolean {
  if (cloudInternal.has(address.toString()) || address.range() !== 'unicast') return false;
  if (!isIpv6(address)) return true;
  // Outside 2000::/3 nothing is assigned for global unicast (RFC 4291, IANA).
  return ((address.parts[0] ?? 0) & 0xe000) === 0x2000 && !isIsatap(address);
}

/** RFC 5214 §6.1: the interface identifier is `0000:5efe` or `0200:5efe`, then an IPv4 address. */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return ((parts[4] ?? 0) & ~0x0200) === 0 && parts[5] === 0x5efe;
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
