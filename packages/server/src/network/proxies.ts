/** Which proxy a connection to the outside goes through, by its destination. */
import { BlockList, isIP, isIPv6 } from 'node:net';
import { isThisMachine } from '../domain/text/loopback.ts';

/** A proxy that speaks HTTP, itself in plain text or over TLS. */
export interface ProxyServer {
  /** `http://<host>:<port>` or `https://<host>:<port>`, without credentials. */
  readonly origin: string;
  /** The value of `Proxy-Authorization`. */
  readonly authorization?: string;
}

/** A destination that is reached without a proxy; one with a port counts for that port only. */
export type ProxyException =
  | { readonly kind: 'everything'; readonly port?: number }
  | { readonly kind: 'name'; readonly name: string; readonly isWhole: boolean; readonly port?: number }
  | { readonly kind: 'network'; readonly address: string; readonly prefix: number; readonly port?: number };

/** `config.proxies` has this shape. */
export interface ProxySettings {
  readonly https?: ProxyServer;
  readonly http?: ProxyServer;
  readonly exceptions: readonly ProxyException[];
}

export interface Destination {
  /** As in `URL`: `http:` or `https:`. */
  readonly protocol: string;
  /** A name or an address, which may stand in brackets as in a URL. */
  readonly hostname: string;
  readonly port: number;
}

export interface Proxies {
  /** The proxy for a destination; undefined: it is reached without one. */
  find(destination: Destination): ProxyServer | undefined;
  /** Sentences for people that say which proxy is used for what, without credentials. */
  readonly description: string;
}

type Matcher = (host: string, port: number) => boolean;

/**
 * Undefined where there is no proxy. Loopback is always reached without one: a proxy on another machine has another
 * loopback.
 */
export function createProxies(settings: ProxySettings | undefined): Proxies | undefined {
  if (settings === undefined || (settings.https ?? settings.http) === undefined) return undefined;
  const matchers = settings.exceptions.map(toMatcher);
  return {
    find({ protocol, hostname, port }) {
      const server = protocol === 'https:' ? settings.https : settings.http;
      const host = bareHost(hostname);
      if (server === undefined || isThisMachine(host)) return undefined;
      return matchers.some((matches) => matches(host, port)) ? undefined : server;
    },
    description: describe(settings),
  };
}

/** The destination of a URL. */
export function destinationOf({ protocol, hostname, port }: URL): Destination {
  return { protocol, hostname, port: portOf(protocol, port) };
}

export function portOf(protocol: string, port: string | number): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}

/** A URL's host without the brackets of an IPv6 address. */
export function unbracketed(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** A host in lower case, without brackets and a dot at its end. */
function bareHost(hostname: string): string {
  return unbracketed(hostname).replace(/\.$/, '').toLowerCase();
}

function toMatcher(exception: ProxyException): Matcher {
  const matchesHost = toHostMatcher(exception);
  return (host, port) => (exception.port === undefined || exception.port === port) && matchesHost(host);
}

function toHostMatcher(exception: ProxyException): (host: string) => boolean {
  switch (exception.kind) {
    case 'everything':
      return () => true;
    case 'name': {
      const { name, isWhole } = exception;
      return (host) => (isWhole && host === name) || host.endsWith(`.${name}`);
    }
    case 'network': {
      const network = new BlockList();
      network.addSubnet(exception.address, exception.prefix, familyOf(exception.address));
      return (host) => isIP(host) !== 0 && network.check(host, familyOf(host));
    }
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

function describe({ https, http }: ProxySettings): string {
  if (https?.origin === http?.origin)
    return `Connections to the outside go through the proxy ${https?.origin}.`;
  const parts = [
    https && `https:// addresses outside are reached through the proxy ${https.origin}`,
    http && `http:// addresses outside are reached through the proxy ${http.origin}`,
  ].filter((part) => part !== undefined);
  const other = https === undefined ? 'https://' : 'http://';
  const rest = parts.length === 1 ? [`${other} ones without a proxy`] : [];
  const text = [...parts, ...rest].join(', ');
  return `${text}.`;
}
