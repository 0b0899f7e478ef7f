/** Reads the server's `/healthz/stream` and notes when each frame arrives. */
import { type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

export interface Arrival {
  /** The number in the frame's `id:`. */
  readonly n: number;
  /** When the server sent the frame, counted on its clock from the start of the stream. */
  readonly sentMs: number;
  /** When the frame arrived, counted on this machine's clock from the request. */
  readonly arrivedMs: number;
}

export interface Probe {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly headersMs: number;
  readonly arrivals: readonly Arrival[];
  /** `ended`: all frames came; `cut`: something between ended it early; `left`: this side ended it. */
  readonly end: 'ended' | 'cut' | 'left';
  readonly endedMs: number;
  /** The body of an answer that is no stream. */
  readonly body: string;
}

export interface ProbeRequest {
  readonly count: number;
  readonly intervalMs: number;
  readonly lastEventId?: number;
  /** Ends the request after this many frames. */
  readonly leaveAfter?: number;
  /** Ends the request after this many milliseconds. */
  readonly timeoutMs: number;
}

const longestBody = 2000;

/** @throws Error if there is no answer */
export function probeStream(base: URL, wanted: ProbeRequest): Promise<Probe> {
  const url = new URL(`${base.pathname.replace(/\/$/, '')}/healthz/stream`, base);
  url.searchParams.set('count', String(wanted.count));
  url.searchParams.set('interval_ms', String(wanted.intervalMs));
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const startedAt = performance.now();
  const since = (): number => performance.now() - startedAt;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      agent: false,
      headers: {
        accept: 'text/event-stream',
        // The same as browsers send, so that a proxy that compresses does it here too.
        'accept-encoding': 'gzip, deflate, br',
        ...(wanted.lastEventId === undefined ? {} : { 'last-event-id': String(wanted.lastEventId) }),
      },
    });
    let isLeft = false;
    const leave = (): void => {
      isLeft = true;
      request.destroy();
    };
    const timer = setTimeout(leave, wanted.timeoutMs);
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(isLeft ? new Error(`no answer within ${Math.round(since())} ms`) : error);
    });
    request.on('response', (response) => {
      const headersMs = since();
      const arrivals: Arrival[] = [];
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const arrivedMs = since();
        rest += chunk;
        const blocks = rest.split('\n\n');
        rest = (blocks.pop() ?? '').slice(0, longestBody);
        for (const block of blocks) {
          const [, n, sentMs] = /^data: ?\{"n":(\d+),"sent_ms":(\d+)\}$/m.exec(block) ?? [];
          if (n !== undefined) arrivals.push({ n: Number(n), sentMs: Number(sentMs), arrivedMs });
        }
        if (wanted.leaveAfter !== undefined && arrivals.length >= wanted.leaveAfter) leave();
      });
      response.on('error', () => undefined);
      response.on('close', () => {
        clearTimeout(timer);
        const isWhole = arrivals.at(-1)?.n === wanted.count;
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          headersMs,
          arrivals,
          end: isWhole ? 'ended' : isLeft ? 'left' : 'cut',
          endedMs: since(),
          body: rest,
        });
      });
    });
    request.end();
  });
}
