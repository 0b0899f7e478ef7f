/** The proxies behind which the server may stand: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`. */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { basicCredentials } from '../domain/text/basic-credentials.ts';
import { type ConfigProblem, quote, redactUrl } from './problems.ts';
import { normalizeNetwork, type RawEnvironment } from './reader.ts';
import { serverVariables } from './variables.ts';

/** What lies outside is reached through these, apart from the exceptions. */
export interface ProxiesConfig {
  /** For `https:` addresses; absent: they are reached without a proxy. */
  readonly https?: ProxyServerConfig;
  /** For `http:` addresses; absent: they are reached without a proxy. */
  readonly http?: ProxyServerConfig;
  /** What is reached without a proxy. */
  readonly exceptions: readonly ProxyException[];
}

export interface ProxyServerConfig {
  /** `http://<host>:<port>` or `https://<host>:<port>` without credentials; a port of 80 or 443 is left out. */
  readonly origin: string;
  /** The value of `Proxy-Authorization`, where the address has credentials. */
  readonly authorization?: string;
}

/** An entry of `NO_PROXY`; one with a port counts for that port only. */
export type ProxyException =
  | { readonly kind: 'everything'; readonly port?: number }
  /** A name in lower case, without a dot at its ends; the names below it count, and with `isWhole` it itself. */
  | { readonly kind: 'name'; readonly name: string; readonly isWhole: boolean; readonly port?: number }
  | { readonly kind: 'network'; readonly address: string; readonly prefix: number; readonly port?: number };

const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'] as const;
type ProxyVariable = (typeof names)[number];

interface Given {
  /** The variable as it is spelled in the environment. */
  readonly name: string;
  readonly value: string;
}

/**
 * Reads the proxies. A variable in lower case goes before the same one in upper case, as with curl; `ALL_PROXY` stands
 * for those of the two others that are not set. Undefined: there is no proxy, and `NO_PROXY` does not matter.
 */
export function readProxies(
  environment: RawEnvironment,
  problems: ConfigProblem[],
): ProxiesConfig | undefined {
  const given = Object.fromEntries(names.map((name) => [name, find(environment, name)])) as Partial<
    Record<ProxyVariable, Given>
  >;
  const all = given.ALL_PROXY;
  const servers = new Map<string, ProxyServerConfig>();
  for (const one of [given.HTTPS_PROXY ?? all, given.HTTP_PROXY ?? all]) {
    if (one === undefined || servers.has(one.name)) continue;
    const server = parseServer(one.value);
    if (server !== undefined) servers.set(one.name, server);
    else if (!problems.some(({ name }) => name === one.name)) problems.push(wrongServer(one));
  }
  const https = servers.get((given.HTTPS_PROXY ?? all)?.name ?? '');
  const http = servers.get((given.HTTP_PROXY ?? all)?.name ?? '');
  if (https === undefined && http === undefined) return undefined;
  const exceptions = given.NO_PROXY === undefined ? [] : readExceptions(given.NO_PROXY, problems);
  return { ...(https && { https }), ...(http && { http }), exceptions };
}

function find(environment: RawEnvironment, name: ProxyVariable): Given | undefined {
  for (const spelling of [name.toLowerCase(), name]) {
    const value = environment[spelling]?.trim();
    if (value) return { name: spelling, value };
  }
  return undefined;
}

/** An address without a scheme is one of `http:`, as people write it. Undefined where the text is no such address. */
function parseServer(value: string): ProxyServerConfig | undefined {
  if (/[\s\p{Cc}]/u.test(value)) return undefined;
  const url = URL.parse(value.includes('://') ? value : `http://${value}`);
  const isProxy = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === null || !isProxy || url.hostname === '' || /[?#]/.test(value)) return undefined;
  const { origin } = url;
  try {
    const authorization = basicCredentials(url);
    return { origin, ...(authorization !== undefined && { authorization }) };
  } catch {
    return undefined;
  }
}

function wrongServer({ name, value }: Given): ConfigProblem {
  const { allowed } = serverVariables.HTTPS_PROXY;
  return { name, found: `holds ${redactUrl(value)}`, allowed };
}

function readExceptions({ name, value }: Given, problems: ConfigProblem[]): readonly ProxyException[] {
  const entries = value.split(/[,\s]+/).filter((entry) => entry !== '');
  const read = entries.map((entry) => ({ entry, exception: parseException(entry) }));
  const wrong = read.find(({ exception }) => exception === undefined);
  if (wrong !== undefined) {
    problems.push({
      name,
      found: `holds ${quote(wrong.entry)}`,
      allowed: serverVariables.NO_PROXY.allowed,
    });
  }
  return read.map(({ exception }) => exception).filter((exception) => exception !== undefined);
}

function parseException(entry: string): ProxyException | undefined {
  const { host, port } = splitPort(entry);
  if (port !== undefined && !(port >= 1 && port <= 65_535)) return undefined;
  const onPort = port === undefined ? {} : { port };
  if (host === '*') return { kind: 'everything', ...onPort };
  const network = normalizeNetwork(host);
  if (network !== undefined) {
    const [address = '', prefix] = network.split('/');
    return { kind: 'network', address, prefix: Number(prefix), ...onPort };
  }
  const name = domainToASCII(host.replace(/^\*?\./, '').replace(/\.$/, ''));
  if (!/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name) || /^[\d.]+$/.test(name)) return undefined;
  return { kind: 'name', name, isWhole: !host.startsWith('*'), ...onPort };
}

/** An IPv6 address has a port only behind brackets. */
function splitPort(entry: string): { readonly host: string; readonly port?: number } {
  const [, bracketed, portBehind] = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(entry) ?? [];
  if (bracketed !== undefined) {
    return { host: bracketed, ...(portBehind !== undefined && { port: Number(portBehind) }) };
  }
  const [, host, port] = /^([^:]+):(\d{1,5})$/.exec(entry) ?? [];
  if (host === undefined || isIP(entry) !== 0) return { host: entry };
  return { host, port: Number(port) };
}
