/** What no route takes is refused: 405 where the path takes other methods, which `Allow` names, else 404. */
import type { FastifyInstance } from 'fastify';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import { UnknownPathError } from '../answer/errors.ts';

/** The methods that a path takes; empty for a path that no route has. */
export type KnownMethods = (path: string) => readonly string[];

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

/** Refuses it before its body is looked at, in the envelope of the error handler below whose prefix the path lies. */
export function refuseUnknown(app: FastifyInstance, methodsOf: KnownMethods): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) {
      done();
      return;
    }
    const path = request.url.split('?', 1)[0] ?? '';
    const shown = path.slice(0, 200);
    const allow = methodsOf(path).join(', ');
    if (allow === '') {
      done(new UnknownPathError('not_found', `there is no ${request.method} ${shown}`));
      return;
    }
    reply.header('Allow', allow);
    const message = `${request.method} is not among the methods of ${shown}: ${allow}`;
    done(new UnknownPathError('method_not_allowed', message));
  });
}
