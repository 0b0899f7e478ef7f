/**
 * `/healthz/stream`: a stream whose frames are sent at fixed times, so that `colloquy doctor` can find out what a proxy
 * between client and server does to streams. It does not touch the store, needs no credential, and never pings.
 */
import type { ServerResponse } from 'node:http';
import { Type } from 'typebox';
import { AppError, invalid } from '../../domain/errors.ts';
import { LastEventIdHeader } from '../openapi/fields.ts';
import { errorResponses } from '../openapi/responses.ts';
import type { AppPlugin } from '../openapi/route-plugin.ts';
import { addRoutes, type Route, route } from '../routing/route.ts';
import { cursorText } from '../streaming/cursor.ts';

const longestMs = 120_000;
/** Streams that are open at once, of all clients together. */
const maxStreams = 16;

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
    const open = new Set<ServerResponse>();
    app.addHook('preClose', async () => {
      for (const response of open) response.end();
    });
    addRoutes(app, [probeRoute(open)]);
  };
}

/** `open` holds the streams that are open; the route keeps it current. */
function probeRoute(open: Set<ServerResponse>): Route {
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
        ...errorResponses(400, 503),
      },
    },
    async handler(request, reply) {
      const { count, interval_ms: intervalMs, after } = request.query;
      if ((count - 1) * intervalMs > longestMs) {
        throw invalid('interval_ms', `interval_ms is too long: all frames must come within ${longestMs} ms`);
      }
      const cursor = cursorText(request, after) ?? '0';
      if (!/^\d{1,3}$/.test(cursor)) throw invalid('after', 'after must be an id of this stream');
      if (open.size >= maxStreams) {
        throw new AppError('overloaded', 'too many probe streams are open; retry shortly', {
          retry_after_seconds: 5,
        });
      }
      reply.hijack();
      const response = reply.raw;
      open.add(response);
      response.once('close', () => open.delete(response));
      response.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-cache, no-transform',
        'X-Accel-Buffering': 'no',
      });
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
