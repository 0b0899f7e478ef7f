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
import { ProbePlaces } from './probe-places.ts';

const longestMs = 120_000;
/** Streams that are open at once, of all addresses together. */
const maxStreams = 256;

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
    const places = new ProbePlaces(maxStreams);
    app.addHook('preClose', async () => places.endAll());
    addRoutes(app, [probeRoute(places)]);
  };
}

function probeRoute(places: ProbePlaces): Route {
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
      if (request.method === 'HEAD') return answerStreamHead(reply);
      const response = reply.raw;
      const now = performance.now();
      const frames = { behind: Number(cursor), count, intervalMs };
      const left = Math.max(0, count - frames.behind - 1);
      const place = { address: request.ip, endsAt: now + left * intervalMs, end: () => response.end() };
      places.take(place, now);
      if (response.destroyed) places.giveBack(place);
      response.once('close', () => places.giveBack(place));
      reply.hijack();
      response.writeHead(200, eventStreamHeaders(reply));
      writeFrames(response, frames);
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
