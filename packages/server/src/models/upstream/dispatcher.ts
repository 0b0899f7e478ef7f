/** The connections to providers: one keep-alive pool per origin, shared by all models of a process. */
import { Agent, type Dispatcher } from 'undici';

/**
 * Opens as many connections to an origin as there are streams, each with one request at a time. It speaks HTTP/1.1
 * only, so that a cancelled stream costs its own socket and disturbs no other. The owner calls `close()`, which waits
 * for running requests, or `destroy()`.
 */
export function createUpstreamDispatcher(options: { readonly connectMs: number }): Dispatcher {
  return new Agent({
    connect: { timeout: options.connectMs },
    connections: null,
    pipelining: 1,
    allowH2: false,
    // Saves a TLS handshake between two turns of a conversation. A server's shorter hint wins.
    keepAliveTimeout: 30_000,
    maxHeaderSize: 65_536,
    // `ModelStream` has timeouts of its own: connect, first token, silence.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}
