/** The connections to the providers: one keep-alive pool per origin, shared by all models of a process. */
import { Agent, type Dispatcher } from 'undici';

/**
 * As many connections to an origin as there are streams, each with one request at a time. HTTP/1.1 only: a
 * cancelled stream then costs its own socket and disturbs no other. The owner calls `close()` (waits for what
 * runs) or `destroy()`.
 */
export function createUpstreamDispatcher(options: { readonly connectMs: number }): Dispatcher {
  return new Agent({
    connect: { timeout: options.connectMs },
    connections: null,
    pipelining: 1,
    allowH2: false,
    // Between two turns of a conversation a TLS handshake is saved; a server's shorter hint wins.
    keepAliveTimeout: 30_000,
    // The stream keeps its own time (connect, first token, silence).
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}
