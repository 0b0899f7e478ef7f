/** Counts the open streams of generations in `viewers`, in whatever dialect they are. */
import type { FastifyReply } from 'fastify';
import type { Limiter } from '../../limits/limiter.ts';

/**
 * Takes a viewer for the stream that `reply` is about to become, before anything else happens for it. It is given back
 * when the response is over, whether it became a stream or an error, and also when the client goes away meanwhile.
 * @throws AppError rate_limited
 */
export type OpenViewer = (reply: FastifyReply) => Promise<void>;

export function createOpenViewer(limiter: Limiter): OpenViewer {
  return async (reply) => {
    const { caller } = reply.request;
    if (caller === undefined || caller.limits.length === 0) return;
    const taken = await limiter.take(caller.limits, { viewers: 1 });
    const response = reply.raw;
    if (response.destroyed) taken.end(0);
    else response.once('close', () => taken.end(0));
  };
}
