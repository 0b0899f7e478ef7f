/** The headers that every answer bears, also one that fails before it reaches a route. */
import type { FastifyReply } from 'fastify';

/** Sets them; `Cache-Control` is overwritten by what may be stored, and by streams. */
export type SetBaseHeaders = (reply: FastifyReply, requestId: string) => void;

/** The same headers by name, for answers that are written without a reply. */
export function baseHeaders(version: string, requestId: string): Readonly<Record<string, string>> {
  return {
    'X-Request-Id': requestId,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    'Colloquy-Version': version,
  };
}

export function createBaseHeaders(version: string): SetBaseHeaders {
  return (reply, requestId) => {
    reply.headers(baseHeaders(version, requestId) as Record<string, string>);
  };
}

/** The headers of a reply that is hijacked to send a stream. */
export function eventStreamHeaders(
  reply: FastifyReply,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    ...more,
  };
}
