/** Connections to addresses that the operator chose, or the program knows: through a proxy where there is one for them. */
import { Agent, buildConnector, Dispatcher } from 'undici';
import { destinationOf, type Proxies, type ProxyServer, portOf } from './proxies.ts';
import { connectToProxy, createTunnelConnector, credentialsRefusal } from './proxy-tunnel.ts';

export interface OutsideAgentOptions extends Omit<Agent.Options, 'connect' | 'allowH2' | 'factory'> {
  /** The longest time until a connection is open, through the proxy too. */
  readonly connectMs: number;
  /** Absent: there is no proxy. */
  readonly proxies?: Proxies | undefined;
}

/**
 * An agent that speaks HTTP/1.1 only. Without proxies it is undici's own. With them, `https:` goes through a tunnel to
 * the name, and `http:` as a request to the proxy itself, as all clients do it: many proxies open tunnels to port 443
 * only. The proxy resolves the names, since closed networks often know none of the outside. Both are kept alive.
 */
export function createOutsideAgent({ connectMs, proxies, ...options }: OutsideAgentOptions): Dispatcher {
  const fixed = { ...options, allowH2: false };
  if (proxies === undefined) return new Agent({ ...fixed, connect: { timeout: connectMs } });
  return new ProxiedDispatcher(connectMs, proxies, fixed);
}

class ProxiedDispatcher extends Dispatcher {
  readonly #proxies: Proxies;
  readonly #agent: Agent;
  /** Its origin is the proxy. */
  readonly #forwarding: Agent;
  /** By origin. */
  readonly #proxyOf = new Map<string, ProxyServer | undefined>();

  constructor(connectMs: number, proxies: Proxies, options: Agent.Options) {
    super();
    this.#proxies = proxies;
    const direct = buildConnector({ timeout: connectMs, allowH2: false });
    const tunnel = createTunnelConnector(connectMs);
    this.#agent = new Agent({
      ...options,
      connect(target, callback) {
        const port = portOf(target.protocol, target.port);
        const proxy = proxies.find({ ...target, port });
        if (proxy === undefined) direct(target, callback);
        else tunnel(proxy, [{ host: target.hostname, port }], target, callback);
      },
    });
    this.#forwarding = new Agent({
      ...options,
      connect({ protocol, host }, callback) {
        connectToProxy({ origin: `${protocol}//${host}` }, connectMs).then(
          (socket) => callback(null, socket),
          (error: Error) => callback(error, null),
        );
      },
    });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const origin = String(options.origin);
    const proxy = origin.startsWith('http:') ? this.#find(origin) : undefined;
    if (proxy === undefined) return this.#agent.dispatch(options, handler);
    const forwarded = {
      ...options,
      origin: proxy.origin,
      path: `${origin.replace(/\/$/, '')}${options.path}`,
      headers: forwardedHeaders(options.headers, new URL(origin).host, proxy),
      // Else undici takes the destination's name for that in the proxy's certificate.
      servername: new URL(proxy.origin).hostname,
    };
    return this.#forwarding.dispatch(forwarded, new ForwardedHandler(handler, proxy));
  }

  #find(origin: string): ProxyServer | undefined {
    if (!this.#proxyOf.has(origin)) {
      if (this.#proxyOf.size >= 1000) this.#proxyOf.clear();
      this.#proxyOf.set(origin, this.#proxies.find(destinationOf(new URL(origin))));
    }
    return this.#proxyOf.get(origin);
  }

  override async close(): Promise<void> {
    await Promise.all([this.#agent.close(), this.#forwarding.close()]);
  }

  override async destroy(error?: unknown): Promise<void> {
    const cause = error instanceof Error ? error : null;
    await Promise.all([this.#agent.destroy(cause), this.#forwarding.destroy(cause)]);
  }
}

type Headers = Dispatcher.DispatchOptions['headers'];

/** Names and values alternating. The name of the destination stays the request's `Host`. */
function forwardedHeaders(headers: Headers, host: string, { authorization }: ProxyServer): string[] {
  const given = flatten(headers);
  const hasHost = given.some((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
  return [
    ...given,
    ...(hasHost ? [] : ['host', host]),
    ...(authorization === undefined ? [] : ['proxy-authorization', authorization]),
  ];
}

function flatten(headers: Headers): string[] {
  if (headers === null || headers === undefined) return [];
  if (Array.isArray(headers)) return headers.map(String);
  const entries = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  return entries.flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, String(one)]));
}

/** A 407 is always the proxy's own. */
class ForwardedHandler implements Dispatcher.DispatchHandler {
  readonly #inner: Dispatcher.DispatchHandler;
  readonly #proxy: ProxyServer;

  constructor(inner: Dispatcher.DispatchHandler, proxy: ProxyServer) {
    this.#inner = inner;
    this.#proxy = proxy;
  }

  onRequestStart: Required<Dispatcher.DispatchHandler>['onRequestStart'] = (controller, context) =>
    this.#inner.onRequestStart?.(controller, context);

  onResponseStart: Required<Dispatcher.DispatchHandler>['onResponseStart'] = (
    controller,
    status,
    headers,
    statusMessage,
  ) => {
    if (status === 407) controller.abort(credentialsRefusal(this.#proxy, headers['proxy-authenticate']));
    else this.#inner.onResponseStart?.(controller, status, headers, statusMessage);
  };

  onResponseData: Required<Dispatcher.DispatchHandler>['onResponseData'] = (controller, chunk) =>
    this.#inner.onResponseData?.(controller, chunk);

  onResponseEnd: Required<Dispatcher.DispatchHandler>['onResponseEnd'] = (controller, trailers) =>
    this.#inner.onResponseEnd?.(controller, trailers);

  onResponseError: Required<Dispatcher.DispatchHandler>['onResponseError'] = (controller, error) =>
    this.#inner.onResponseError?.(controller, error);
}
