/** The connections to providers: one keep-alive pool per origin, shared by all models of a process. */
import type { Dispatcher } from 'undici';
import { createOutsideAgent } from '../../network/outside-agent.ts';
import type { Proxies } from '../../network/proxies.ts';

/** Saves a TLS handshake between two turns of a conversation. A server's shorter hint wins. In milliseconds. */
export const upstreamKeepAliveMs = 30_000;
export const maxUpstreamHeaderBytes = 65_536;

/**
 * Opens as many connections to an origin as there are streams, each with one request at a time. It speaks HTTP/1.1
 * only, so that a cancelled stream costs its own socket and disturbs no other. The owner calls `close()`, which waits
 * for running requests, or `destroy()`.
 */
export function createUpstreamDispatcher(options: {
  readonly connectMs: number;
  readonly proxies?: Proxies | undefined;
}): Dispatcher {
  return createOutsideAgent({
    ...options,
    connections: null,
    pipelining: 1,
    keepAliveTimeout: upstreamKeepAliveMs,
    maxHeaderSize: maxUpstreamHeaderBytes,
    // `ModelStream` has timeouts of its own: connect, first token, silence.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}
