/**
 * HEAD answers wherever GET does, with its status and headers and without an effect. Fastify runs the handler of GET and
 * leaves the body out; where that would send a stream, it is not begun.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { eventStreamHeaders } from '../answer/base-headers.ts';

/** Call it before any route is added. */
export function readNothingForHead(app: FastifyInstance): void {
  app.addHook('onRoute', (options) => {
    if (options.method !== 'HEAD') return;
    options.onSend = [withoutReading, ...[options.onSend ?? []].flat()];
  });
}

/** A list that is sent while it is read would be read to its end for nobody. */
async function withoutReading(_request: unknown, _reply: unknown, payload: unknown): Promise<unknown> {
  if (!(payload instanceof Readable)) return payload;
  payload.destroy();
  return Readable.from([]);
}

/** Answers HEAD where GET would send server-sent events. `location` is what `Content-Location` would be, if it is known. */
export function answerStreamHead(reply: FastifyReply, location?: string): FastifyReply {
  const headers = eventStreamHeaders(reply, location === undefined ? {} : { 'content-location': location });
  return reply.headers(headers).send(Readable.from([]));
}
