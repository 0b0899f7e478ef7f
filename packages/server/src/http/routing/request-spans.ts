/** A span for each request, from its headers to the end of its answer, below the span that its client names. */
import type { FastifyInstance } from 'fastify';
import { parseTraceParent } from '../../tracing/trace-parent.ts';
import type { OpenSpan, Tracing } from '../../tracing/tracing.ts';

/** Call it before the hooks that look at requests, and before any route is added. */
export function addRequestSpans(app: FastifyInstance, tracing: Tracing): void {
  const open = new WeakMap<object, OpenSpan>();
  app.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url;
    if (request.routeOptions.config.access === 'public') return done();
    const span = tracing.begin(
      {
        name: route === undefined ? request.method : `${request.method} ${route}`,
        kind: 'server',
        attributes: {
          'http.request.method': request.method,
          'http.route': route,
          'colloquy.request.id': request.id,
        },
      },
      parseTraceParent(request.headers.traceparent),
    );
    open.set(request, span);
    span.within(done);
  });
  // The body's last chunk comes from the connection, which knows of no span.
  app.addHook('preValidation', (request, _reply, done) => {
    const span = open.get(request);
    if (span === undefined) done();
    else span.within(done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const span = open.get(request);
    const status = reply.raw.statusCode;
    span?.set({ 'http.response.status_code': status });
    if (status >= 500) span?.fail(String(status));
    span?.end();
    done();
  });
}
