/**
 * `/healthz/stream`: a stream whose frames are sent at fixed times, so that `colloquy doctor` can find out what a proxy
 * between client and server does to streams. It does not touch the store, needs no credential, and never pings.
 */
import type { ServerResponse } from 'node:http';
import { Type } from 'typebox';
import { invalid } from '../../domain/errors.ts';
import { eventStreamHeaders } from '../answer/base-headers.ts';
import { LastEventIdHeader } from '../openapi/fields.ts';
import { errorResponses } from '../openapi/responses.ts';
import type { AppPlugin } from '../openapi/route-plugin.ts';
import { answerStreamHead } from '../routing/head.ts';
import { addRoutes, type Route, route } from '../routing/route.ts';
import { cursorText } from '../streaming/cursor.ts';

const longestMs = 120_000;
/** Streams that one address may have open at once. One more ends its oldest, so that nobody can use them all up. */
const maxStreamsOfAnAddress = 16;
/** Streams that are open at once, of all addresses together. One more ends the oldest of whoever has most. */
const maxStreams = 64;

const querystring = Type.Object({
  count: Type.Integer({ minimum: 1, maximum: 100, default: 8, description: 'Frames in all.', examples: [8] }),
  interval_ms: Type.Integer({
    minimum: 1,
    maximum: longestMs,
    default: 250,
    description: 'Milliseconds between them; in all at most 120 seconds.',
    examples: [250],
  }),
  after: Type.Optional(Type.String({ description: 'As `Last-Event-ID`, which wins.', examples: ['3'] })),
});

export function probeRoutes(): AppPlugin {
  return async (app) => {
    const open: OpenStreams = new Map();
    app.addHook('preClose', async () => {
      for (const response of open.keys()) response.end();
    });
    addRoutes(app, [probeRoute(open)]);
  };
}

/** The streams that are open, oldest first, each with the address of its client. */
type OpenStreams = Map<ServerResponse, string>;

/** Ends as many of the oldest streams as are too many once `address` opens one more. */
function makeRoom(open: OpenStreams, address: string): void {
  const counts = new Map<string, number>();
  for (const one of open.values()) counts.set(one, (counts.get(one) ?? 0) + 1);
  const [busiest = address] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [];
  const isTooMany = (counts.get(address) ?? 0) >= maxStreamsOfAnAddress;
  if (!isTooMany && open.size < maxStreams) return;
  const from = isTooMany ? address : busiest;
  const oldest = [...open].find(([, one]) => one === from)?.[0];
  if (oldest === undefined) return;
  open.delete(oldest);
  oldest.end();
}

/** The route keeps `open` current. */
function probeRoute(open: OpenStreams): Route {
  return route({
    method: 'GET',
    path: '/healthz/stream',
    access: 'public',
    schema: {
      tags: ['operation'],
      operationId: 'probeStream',
      summary: 'A stream by the clock',
      description:
        'Frames `data: {"n", "sent_ms"}` with the ids 1 to `count`, at even intervals, the first at once; with `Last-Event-ID` those after it. For `colloquy doctor`, which measures what proxies do to streams.',
      headers: Type.Object(LastEventIdHeader),
      querystring,
      response: {
        200: {
          description: 'The frames.',
          content: {
            'text/event-stream': {
              schema: Type.String({ description: 'Events.' }),
              example: 'data: {"n":1,"sent_ms":0}\nid: 1\n\n',
            },
          },
        },
        ...errorResponses(400),
      },
    },
    async handler(request, reply) {
      const { count, interval_ms: intervalMs, after } = request.query;
      if ((count - 1) * intervalMs > longestMs) {
        throw invalid('interval_ms', `interval_ms is too long: all frames must come within ${longestMs} ms`);
      }
      const cursor = cursorText(request, after) ?? '0';
      if (!/^\d{1,3}$/.test(cursor)) throw invalid('after', 'after must be an id of this stream');
      if (request.method === 'HEAD') return answerStreamHead(reply);
      makeRoom(open, request.ip);
      reply.hijack();
      const response = reply.raw;
      open.set(response, request.ip);
      response.once('close', () => open.delete(response));
      response.writeHead(200, eventStreamHeaders(reply));
      writeFrames(response, { behind: Number(cursor), count, intervalMs });
      return reply;
    },
  });
}

interface Frames {
  /** The number of the last frame that the client has. */
  readonly behind: number;
  readonly count: number;
  readonly intervalMs: number;
}

/** Writes a frame at once and then one an interval, until all are written or the client is gone. */
function writeFrames(response: ServerResponse, { behind, count, intervalMs }: Frames): void {
  const startedAt = performance.now();
  let n = behind;
  let timer: NodeJS.Timeout | undefined;
  const send = (): void => {
    if (response.writableEnded) return;
    n += 1;
    if (n > count) {
      response.end();
      return;
    }
    const sentMs = Math.round(performance.now() - startedAt);
    response.write(`data: {"n":${n},"sent_ms":${sentMs}}\nid: ${n}\n\n`);
    if (n === count) response.end();
    else timer = setTimeout(send, intervalMs);
  };
  response.on('error', () => undefined);
  response.once('close', () => clearTimeout(timer));
  send();
}
