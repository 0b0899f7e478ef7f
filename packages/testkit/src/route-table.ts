/** The routes of a server, as Fastify registers them while it starts: nothing is listed by hand. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';

const channel = 'fastify.initialization';

/** Gives the result of `start`, and the routes in order, such as `GET /chats/:id`; without CORS preflights and HEAD. */
export async function withRoutes<T>(start: () => Promise<T>): Promise<{ result: T; routes: string[] }> {
  const routes = new Set<string>();
  const onInstance = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) if (one !== 'HEAD') routes.add(`${one} ${url}`);
    });
  };
  subscribe(channel, onInstance);
  try {
    return { result: await start(), routes: [...routes].sort() };
  } finally {
    unsubscribe(channel, onInstance);
  }
}
