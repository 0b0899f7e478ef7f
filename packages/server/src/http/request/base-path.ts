/**
 * The path below which clients see this server: `BASE_PATH`, or what a trusted proxy says in `X-Forwarded-Prefix`.
 * Requests may come with `BASE_PATH` or without it, as the proxy passes them on; answers bear the path in `Location`,
 * `Content-Location` and the documentation.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isBasePath } from '../../domain/text/base-path.ts';

export interface BasePathOptions {
  /** `/chat`; empty: there is none. */
  readonly basePath: string;
  /** CIDR networks of the proxies whose headers are believed. */
  readonly trustedProxies: readonly string[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The path before all of ours, without a slash at its end; empty: there is none. */
    basePath: string;
  }
}

/** Takes `BASE_PATH` off the address of a request; for Fastify's `rewriteUrl`. */
export function withoutBasePath(basePath: string): (request: IncomingMessage) => string {
  return ({ url = '/' }) => {
    if (!url.startsWith(basePath)) return url;
    const rest = url.slice(basePath.length);
    if (rest.startsWith('/')) return rest;
    return rest === '' || rest.startsWith('?') ? `/${rest}` : url;
  };
}

/** Call it before routes are added. Streams, which no hook sends, take `located`. */
export function addBasePath(app: FastifyInstance, { basePath, trustedProxies }: BasePathOptions): void {
  const isTrusted = trustedAddresses(trustedProxies);
  app.decorateRequest('basePath', basePath);
  app.addHook('onRequest', (request, _reply, done) => {
    const prefix = prefixOf(request);
    if (prefix !== undefined && isTrusted(request.socket.remoteAddress)) request.basePath = prefix;
    done();
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    for (const name of request.basePath === '' ? [] : ['location', 'content-location']) {
      const value = reply.getHeader(name);
      if (typeof value === 'string') reply.header(name, located(reply, value));
    }
    done(null, payload);
  });
}

/** A path of ours as the client has to ask for it; another address stays as it is. */
export function located(reply: FastifyReply, path: string): string {
  const { basePath = '' } = reply.request;
  return path.startsWith('/') ? basePath + path : path;
}

/** Undefined where there is none, or none that can be the beginning of a path. */
function prefixOf({ headers }: FastifyRequest): string | undefined {
  const prefix = headers['x-forwarded-prefix'];
  if (typeof prefix !== 'string') return undefined;
  const bare = prefix.trim().replace(/\/+$/, '');
  return bare === '' || isBasePath(bare) ? bare : undefined;
}

function trustedAddresses(networks: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return (address) => address !== undefined && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
