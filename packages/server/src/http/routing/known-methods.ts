/** Which methods a path takes, for those that it does not take: 405 names them in `Allow`. */
import type { FastifyInstance } from 'fastify';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import type { KnownMethods } from '../answer/errors.ts';

/** Call it before any route is added. `maxParamLength` is that of Fastify's own router. */
export function collectMethods(app: FastifyInstance, maxParamLength: number): KnownMethods {
  const router = findMyWay({ maxParamLength });
  const methods = new Set<HTTPMethod>();
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat() as HTTPMethod[]) {
      methods.add(one);
      router.on(one, url, () => undefined);
    }
  });
  return (path) => [...methods].filter((method) => router.find(method, path) !== null).sort();
}
