/** Prometheus metrics of HTTP requests and streams; events of streams are not counted one by one. */
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** A registry with the default metrics of the process. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

const bucketsSeconds = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];

/** `openStreams` returns how many event streams are open. */
export function addHttpMetrics(app: FastifyInstance, registry: Registry, openStreams: () => number): void {
  const requests = new Counter({
    name: 'colloquy_http_requests_total',
    help: 'Requests that were answered',
    labelNames: ['method', 'route', 'status'] as const,
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'colloquy_http_request_duration_seconds',
    help: 'From a request to the end of its answer; a stream lasts as long as its answer',
    labelNames: ['method', 'route'] as const,
    buckets: bucketsSeconds,
    registers: [registry],
  });
  new Gauge({
    name: 'colloquy_streams_open',
    help: 'Open event streams',
    registers: [registry],
    collect() {
      this.set(openStreams());
    },
  });
  app.addHook('onResponse', (request, reply, done) => {
    // The label is the route's pattern, so that ids and unknown paths do not create a series each.
    const route = request.routeOptions.url ?? 'none';
    const { method } = request;
    requests.inc({ method, route, status: reply.raw.statusCode });
    durations.observe({ method, route }, reply.elapsedTime / 1000);
    done();
  });
}
