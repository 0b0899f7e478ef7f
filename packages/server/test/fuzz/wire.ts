/** Sends a request as it is planned, byte by byte where that matters, and takes its whole answer. */
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Caller, Plan } from './requests.ts';
import type { World } from './world.ts';

/** A request with the world's ids in it. */
export interface Sent {
  readonly method: string;
  /** What stands in the request line, with the query. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | undefined;
  readonly isChunked: boolean;
  readonly caller: Caller;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** `left`: an event stream that said nothing more for a while, whose connection was closed from here. */
  readonly end: 'complete' | 'left';
  readonly ms: number;
}

/** Calls that wait for a model's whole answer. */
const waiting = /^\/api\/chat\/(completion|continuation)(\?|$)/;
/** So long is waited for them. */
const patienceMs = 2000;
/** A stream that is quiet for so long belongs to an answer that is held. */
const quietMs = 400;
/** No answer may take longer. */
const longestMs = 60_000;
/** No answer may be larger. */
const mostBytes = 64 * 2 ** 20;

export function fillPlan(plan: Plan, world: World): Sent {
  const { caller } = plan;
  const encode = (text: string): string => encodeURIComponent(text.toWellFormed());
  const path = plan.path
    .map((piece) => (typeof piece === 'string' ? encode(world.fill(piece, caller)) : printable(piece.raw)))
    .join('');
  const pairs = plan.query.map(([name, value]) => `${encode(name)}=${encode(world.fill(value, caller))}`);
  const credential = world.credential(caller);
  const headers: (readonly [string, string])[] = [];
  if (credential !== null) {
    const placed = credentialParts(plan.credential, credential);
    headers.push(...placed.headers);
    pairs.push(...placed.pairs);
  }
  if (plan.rawQuery !== '') pairs.push(printable(plan.rawQuery));
  const text = plan.body === undefined ? undefined : world.fill(plan.body, caller);
  const body = text === undefined ? undefined : Buffer.from(text, plan.isLatin1 ? 'latin1' : 'utf8');
  if (body !== undefined && plan.contentType !== null) headers.push(['content-type', plan.contentType]);
  for (const [name, value] of plan.headers) headers.push([name, world.fill(value, caller)]);
  const query = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  return {
    method: plan.method,
    target: (path.startsWith('/') ? path : `/${path}`) + query,
    headers,
    body,
    isChunked: plan.isChunked,
    caller,
  };
}

function credentialParts(where: Plan['credential'], value: string) {
  const bearer = ['authorization', `Bearer ${value}`] as const;
  const apiKey = ['x-api-key', value] as const;
  switch (where) {
    case 'x-api-key':
      return { headers: [apiKey], pairs: [] };
    case 'access_token':
      return { headers: [], pairs: [`access_token=${encodeURIComponent(value)}`] };
    case 'both':
      return { headers: [bearer, apiKey], pairs: [] };
    case 'twice':
      return { headers: [bearer, bearer], pairs: [] };
    case 'two':
      return { headers: [bearer, ['authorization', 'Bearer x'] as const], pairs: [] };
    case 'scheme':
      return { headers: [['authorization', `Basic ${value}`] as const], pairs: [] };
    default:
      return { headers: [bearer], pairs: [] };
  }
}

/** Node sends a target only if it has no control characters, and none beyond Latin 1. */
function printable(text: string): string {
  return text.replace(/[^\u0021-\u00ff]/g, (sign) => encodeURIComponent(sign.toWellFormed()));
}

export interface Wire extends Disposable {
  /** Undefined: the answer waits for a model that is held, and was left alone. @throws Error if no whole answer comes */
  send(sent: Sent): Promise<Answer | undefined>;
}

export function openWire(url: string): Wire {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  return {
    send: (sent) => exchange({ hostname, port, agent }, sent),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

interface To {
  readonly hostname: string;
  readonly port: string;
  readonly agent: Agent;
}

function exchange(to: To, { method, target, headers, body, isChunked }: Sent): Promise<Answer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer | undefined>();
  const startedAt = performance.now();
  const own = headers.flat();
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  if (!names.has('host')) own.push('host', `${to.hostname}:${to.port}`);
  if (body !== undefined) {
    if (isChunked) own.push('transfer-encoding', 'chunked');
    else own.push('content-length', String(body.length));
  } else if (!/^(GET|HEAD|DELETE|OPTIONS|TRACE)$/.test(method)) {
    own.push('content-length', '0');
  }
  const outgoing = request({ ...to, method, path: target, headers: own, setHost: false });
  const deadline = setTimeout(() => {
    outgoing.destroy(new Error(`no whole answer within ${longestMs / 1000} s`));
  }, longestMs);
  const patience = setTimeout(() => {
    if (!waiting.test(target)) return;
    resolve(undefined);
    outgoing.destroy();
  }, patienceMs);
  const finish = (response: IncomingMessage, chunks: readonly Buffer[], end: Answer['end']): void => {
    resolve({
      status: response.statusCode ?? 0,
      headers: response.headers,
      text: Buffer.concat(chunks).toString('utf8'),
      end,
      ms: performance.now() - startedAt,
    });
  };
  outgoing.on('response', (response) => {
    clearTimeout(patience);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true;
    let quiet: NodeJS.Timeout | undefined;
    const wait = (): void => {
      clearTimeout(quiet);
      if (!isStream) return;
      const isProbe = target.startsWith('/healthz/stream');
      quiet = setTimeout(
        () => {
          finish(response, chunks, 'left');
          outgoing.destroy();
        },
        isProbe ? 0 : quietMs,
      );
    };
    wait();
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      wait();
      bytes += chunk.length;
      if (bytes > mostBytes) outgoing.destroy(new Error(`the answer has more than ${mostBytes} bytes`));
    });
    response.on('end', () => {
      clearTimeout(quiet);
      finish(response, chunks, 'complete');
    });
    response.on('error', reject);
  });
  outgoing.on('close', () => clearTimeout(deadline));
  outgoing.on('upgrade', () => reject(new Error('the connection was upgraded')));
  outgoing.on('error', (error) => {
    clearTimeout(patience);
    reject(error);
  });
  outgoing.end(body);
  return promise;
}
