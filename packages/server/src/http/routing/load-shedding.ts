/**
 * Refuses requests while the server is severely overloaded, before anything is read of them, so that the streams that
 * are open go on. What is essential is let through: health and metrics, resuming and looking at an answer, and what
 * stops something.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { LoadWatch } from '../../concurrency/load/load-watch.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    isEssential?: boolean | undefined;
  }
}

/** Call it before the hook that asks who calls, and before any route is added. */
export function shedLoad(app: FastifyInstance, load: Pick<LoadWatch, 'admitRequest'>): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (!isEssential(request)) load.admitRequest();
    done();
  });
}

function isEssential({ routeOptions, headers }: FastifyRequest): boolean {
  const { access, writes, isEssential = false } = routeOptions.config;
  return isEssential || access === 'public' || writes === 'beyond' || 'last-event-id' in headers;
}
