/**
 * Holds every request to the limits of its caller. One hook counts each call that writes in `writes_per_minute`, whatever
 * route it is for, and every answer tells where the limits stand. What only some calls use up (turns, open streams) is
 * taken where it is used; `ShowLimits` then brings the answer's headers up to date.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GenerationEngine } from '../../generation/interface.ts';
import { rateLimitFields, shownLimits } from '../answer/rate-limit-fields.ts';

/**
 * How the calls of a route count in `writes_per_minute`, where that does not follow from the method.
 * `beyond`: they count, and are never refused, since they are how an administrator stops what uses the limit up.
 * A function says of a request, by its headers alone, whether it writes.
 */
export type Writes = 'beyond' | ((request: FastifyRequest) => boolean);

declare module 'fastify' {
  interface FastifyContextConfig {
    writes?: Writes | undefined;
  }
}

/** Sets the headers of an answer by where the limits of its caller stand now. */
export type ShowLimits = (reply: FastifyReply) => Promise<void>;

/** Adds the hook, which runs behind that of `addAccess`: call it afterwards, and before any route is added. */
export function addCallerLimits(
  app: FastifyInstance,
  { limiter, storedLimits }: Pick<GenerationEngine, 'limiter' | 'storedLimits'>,
): ShowLimits {
  app.decorateRequest('limitStates', undefined);

  const show: ShowLimits = async (reply) => {
    const { request } = reply;
    const shown = shownLimits(request.caller);
    if (shown.length === 0) return;
    request.limitStates = [...(await limiter.states(shown)), ...(await storedLimits.states(shown))];
    reply.headers(rateLimitFields(shown, request.limitStates));
  };

  app.addHook('onRequest', async (request, reply) => {
    const { limits = [] } = request.caller ?? {};
    if (limits.length === 0) return;
    const { writes } = request.routeOptions.config;
    try {
      if (isWrite(request, writes))
        await limiter.take(limits, { writes_per_minute: 1 }, { evenBeyond: writes === 'beyond' });
    } finally {
      await show(reply);
    }
  });
  app.addHook('onSend', async (request, reply) => {
    if (request.limitStates === undefined) await show(reply);
  });
  return show;
}

const readingMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

function isWrite(request: FastifyRequest, writes: Writes | undefined): boolean {
  if (readingMethods.includes(request.method)) return false;
  return typeof writes === 'function' ? writes(request) : true;
}
