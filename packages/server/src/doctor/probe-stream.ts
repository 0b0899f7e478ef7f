/** Reads the server's `/healthz/stream` and notes when each frame arrives. */
import type { IncomingHttpHeaders } from 'node:http';
import { basicCredentials } from '../domain/text/basic-credentials.ts';
import { explainConnectionFailure } from '../network/connection-failure.ts';
import type { createOutsideAgent } from '../network/outside-agent.ts';

/** What the server's own connections to the outside go through. */
export type Connections = ReturnType<typeof createOutsideAgent>;

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
export async function probeStream(connections: Connections, base: URL, wanted: ProbeRequest): Promise<Probe> {
  const url = new URL(`${base.pathname.replace(/\/$/, '')}/healthz/stream`, base);
  url.searchParams.set('count', String(wanted.count));
  url.searchParams.set('interval_ms', String(wanted.intervalMs));
  // They are meant for a proxy in front of the server, as browsers send them.
  const authorization = basicCredentials(base);
  const startedAt = performance.now();
  const since = (): number => performance.now() - startedAt;
  const leaving = new AbortController();
  const timer = setTimeout(() => leaving.abort(), wanted.timeoutMs);
  try {
    const response = await connections.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      signal: leaving.signal,
      headers: {
        accept: 'text/event-stream',
        // The same as browsers send, so that a proxy that compresses does it here too.
        'accept-encoding': 'gzip, deflate, br',
        ...(authorization !== undefined && { authorization }),
        ...(wanted.lastEventId === undefined ? {} : { 'last-event-id': String(wanted.lastEventId) }),
      },
    });
    const headersMs = since();
    const arrivals: Arrival[] = [];
    let rest = '';
    try {
      for await (const chunk of response.body.setEncoding('utf8')) {
        const arrivedMs = since();
        rest += chunk as string;
        const blocks = rest.split('\n\n');
        rest = (blocks.pop() ?? '').slice(0, longestBody);
        for (const block of blocks) {
          const [, n, sentMs] = /^data: ?\{"n":(\d+),"sent_ms":(\d+)\}$/m.exec(block) ?? [];
          if (n !== undefined) arrivals.push({ n: Number(n), sentMs: Number(sentMs), arrivedMs });
        }
        if (wanted.leaveAfter !== undefined && arrivals.length >= wanted.leaveAfter) leaving.abort();
      }
    } catch {
      // What came before the stream was cut is what is measured.
    }
    const isWhole = arrivals.at(-1)?.n === wanted.count;
    return {
      status: response.statusCode,
      headers: response.headers,
      headersMs,
      arrivals,
      end: isWhole ? 'ended' : leaving.signal.aborted ? 'left' : 'cut',
      endedMs: since(),
      body: rest,
    };
  } catch (error) {
    if (leaving.signal.aborted) throw new Error(`no answer within ${Math.round(since())} ms`);
    throw new Error(explainConnectionFailure(error)?.reason ?? messageOf(error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
