/** Connections through a proxy: to the proxy itself, and through a tunnel that it opens (RFC 9110 §9.3.6, CONNECT). */
import { type IncomingMessage, request } from 'node:http';
import { isIP, isIPv6, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { certificateFault } from './connection-failure.ts';
import { type ProxyServer, unbracketed } from './proxies.ts';
import { ProxyError } from './proxy-error.ts';

export interface TunnelTarget {
  /** A name, which the proxy resolves, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

type Connector = buildConnector.connector;
type ConnectTarget = buildConnector.Options;

/** Opens plain connections to a proxy, over TLS where it has an `https:` address. Its errors are `ProxyError`s. */
export function connectToProxy(proxy: ProxyServer, connectMs: number): Promise<Socket> {
  const { protocol, hostname, host, port } = new URL(proxy.origin);
  const bare = unbracketed(hostname);
  const connect = buildConnector({ timeout: connectMs, allowH2: false });
  const target = { protocol, hostname: bare, host, port, ...(isIP(bare) === 0 && { servername: bare }) };
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  connect(target, (error, socket) => {
    if (error !== null) reject(failureAtProxy(proxy, error));
    else resolve(socket);
  });
  return promise;
}

function failureAtProxy({ origin }: ProxyServer, error: Error & { code?: string }): ProxyError {
  const code = error.code ?? 'unknown';
  const fault = certificateFault(error)?.replace(/^its /, 'has a problem: its ');
  if (fault !== undefined) return new ProxyError(origin, fault, 'lasting', { cause: error });
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT')
    return new ProxyError(origin, 'did not accept a connection in time', 'timeout', { cause: error });
  const reason = `can't be reached (${code})`;
  return new ProxyError(origin, reason, 'passing', { cause: error });
}

/**
 * Makes a connector of undici whose connections go through tunnels, with TLS to the destination inside where it is
 * `https:`. The certificate is checked for the destination's name, whatever the tunnel leads to.
 */
export function createTunnelConnector(
  connectMs: number,
): (
  proxy: ProxyServer,
  targets: readonly TunnelTarget[],
  destination: ConnectTarget,
  callback: buildConnector.Callback,
) => void {
  const secure: Connector = buildConnector({ timeout: connectMs, allowH2: false });
  return (proxy, targets, destination, callback) => {
    const deadline = performance.now() + connectMs;
    openFirstTunnel(proxy, targets, deadline).then(
      (socket) => {
        if (destination.protocol !== 'https:') callback(null, socket);
        else secure({ ...destination, httpSocket: socket }, callback);
      },
      (error: Error) => callback(error, null),
    );
  };
}

/** Tries the addresses of one destination in turn, while the proxy can't reach them. */
async function openFirstTunnel(
  proxy: ProxyServer,
  targets: readonly TunnelTarget[],
  deadline: number,
): Promise<Socket> {
  for (const [index, target] of targets.entries()) {
    try {
      return await openTunnel(proxy, target, deadline);
    } catch (error) {
      const isLast = index === targets.length - 1;
      if (isLast || !(error instanceof UnreachedError) || performance.now() >= deadline) throw error;
    }
  }
  throw new TypeError('there is no address to connect to');
}

/** The proxy answers and says that it did not reach the destination. */
class UnreachedError extends ProxyError {}

/** @throws ProxyError */
async function openTunnel(proxy: ProxyServer, target: TunnelTarget, deadline: number): Promise<Socket> {
  const left = () => Math.max(1, Math.ceil(deadline - performance.now()));
  const socket = await connectToProxy(proxy, left());
  const authority = `${isIPv6(target.host) ? `[${target.host}]` : target.host}:${target.port}`;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const fail = (error: ProxyError): void => {
    socket.destroy();
    reject(error);
  };
  const timer = setTimeout(
    () => fail(new ProxyError(proxy.origin, 'did not open the connection in time', 'timeout')),
    left(),
  );
  request({
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      'user-agent': 'colloquy',
      // As curl sends it: some proxies take a tunnel that is said to close for one without a body.
      connection: 'keep-alive',
      'proxy-connection': 'keep-alive',
      ...(proxy.authorization !== undefined && { 'proxy-authorization': proxy.authorization }),
    },
    createConnection: () => socket,
  })
    .on('connect', (response, _socket, head: Buffer) => {
      const refusal = refusalOf(proxy, response);
      if (refusal !== undefined) return fail(refusal);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    })
    // An answer to CONNECT that Node.js takes for that of another method.
    .on('response', () => fail(new ProxyError(proxy.origin, 'does not open connections', 'lasting')))
    .on('error', (error: NodeJS.ErrnoException) => fail(brokenAtProxy(proxy, error)))
    .end();
  return promise.finally(() => clearTimeout(timer));
}

/** Undefined for 2xx: the tunnel is open. */
function refusalOf(proxy: ProxyServer, response: IncomingMessage): ProxyError | undefined {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return undefined;
  if (status === 407) return credentialsRefusal(proxy, response.headers['proxy-authenticate']);
  if (status === 504) return new UnreachedError(proxy.origin, 'had no answer in time (504)', 'timeout');
  if (status >= 500) return new UnreachedError(proxy.origin, `could not connect (${status})`, 'passing');
  const kind = status === 408 || status === 429 ? 'passing' : 'lasting';
  return new ProxyError(proxy.origin, `refused the connection (${status})`, kind);
}

/** @param offered the schemes that the proxy takes, as its header `Proxy-Authenticate` */
export function credentialsRefusal(
  { origin, authorization }: ProxyServer,
  offered: string | readonly string[] | undefined,
): ProxyError {
  const schemes = [offered ?? []].flat().map((challenge) => challenge.trim().split(/[\s,]/, 1)[0] ?? '');
  const known = schemes.filter((scheme) => /^[a-z-]{1,20}$/i.test(scheme)).slice(0, 4);
  const takes = known.length === 0 ? '' : `; it takes ${known.join(', ')}`;
  const what =
    authorization === undefined ? 'asks for credentials' : 'refused the credentials in its address';
  return new ProxyError(origin, `${what} (407)${takes}`, 'lasting');
}

function brokenAtProxy({ origin }: ProxyServer, error: NodeJS.ErrnoException): ProxyError {
  const code = error.code ?? 'unknown';
  if (code.startsWith('HPE_'))
    return new ProxyError(origin, 'does not speak HTTP', 'lasting', { cause: error });
  const reason = `closed the connection before it was open (${code})`;
  return new ProxyError(origin, reason, 'passing', { cause: error });
}
