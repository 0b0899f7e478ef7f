/**
 * Holds every request to the limits of its caller. One hook counts each call that writes in `writes_per_minute`, whatever
 * route it is for; another tells in every answer, just before it is sent, where the limits stand. What only some calls use
 * up (turns, open streams) is taken where it is used. A stream, which no hook sends, begins with `ShowLimits`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GenerationEngine } from '../../generation/interface.ts';
import type { LimitState } from '../../limits/limiter.ts';
import { openAiRateLimitFields } from '../answer/openai-rate-limit-fields.ts';
import { type Refusal, rateLimitFields, shownLimits } from '../answer/rate-limit-fields.ts';

/**
 * How the calls of a route count in `writes_per_minute`, where that does not follow from the method.
 * `beyond`: they count, and are never refused, since they are how an administrator stops what uses the limit up.
 * A function says of a request, by its headers alone, whether it writes.
 */
export type Writes = 'beyond' | ((request: FastifyRequest) => boolean);

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether the limits are told in the headers of OpenAI's clients too. */
    tellsLimitsAsOpenAi?: boolean;
  }
  interface FastifyContextConfig {
    writes?: Writes | undefined;
  }
}

/** Sets the headers of an answer by where the limits of its caller stand now, and which of them refused it. */
export type ShowLimits = (reply: FastifyReply) => Promise<void>;

/** Adds the hook, which runs behind that of `addAccess`: call it afterwards, and before any route is added. */
export function addCallerLimits(
  app: FastifyInstance,
  { limiter, storedLimits }: Pick<GenerationEngine, 'limiter' | 'storedLimits'>,
): ShowLimits {
  const show: ShowLimits = async (reply) => {
    const { caller, log } = reply.request;
    const shown = shownLimits(caller);
    const refusal = refusalOf(reply);
    if (shown.length === 0 && refusal === undefined) return;
    let states: readonly LimitState[] = [];
    try {
      states = [...(await limiter.states(shown)), ...(await storedLimits.states(shown))];
    } catch (error) {
      log.warn({ err: error }, 'an answer does not tell where the limits of its caller stand');
    }
    reply.headers(rateLimitFields(shown, states, refusal, caller?.limits));
    if (reply.request.tellsLimitsAsOpenAi === true) reply.headers(openAiRateLimitFields(states));
  };

  app.addHook('onRequest', async (request) => {
    const { limits = [] } = request.caller ?? {};
    if (limits.length === 0) return;
    const { writes } = request.routeOptions.config;
    if (isWrite(request, writes))
      await limiter.take(limits, { writes_per_minute: 1 }, { evenBeyond: writes === 'beyond' });
  });
  app.addHook('onSend', async (_request, reply) => show(reply));
  return show;
}

/** The limit that refused, if the answer is an error that says to come again because of one. */
function refusalOf(reply: FastifyReply): Refusal | undefined {
  const limit = reply.request.answeredError?.details.limit;
  const retryAfter = reply.getHeader('Retry-After');
  if (limit === undefined || retryAfter === undefined) return undefined;
  return { limit, retryAfterSeconds: Number(retryAfter) };
}

const readingMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

function isWrite(request: FastifyRequest, writes: Writes | undefined): boolean {
  if (readingMethods.includes(request.method)) return false;
  return typeof writes === 'function' ? writes(request) : true;
}
