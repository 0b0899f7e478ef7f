/** Headers that clients of OpenAI look at. */
import type { FastifyInstance, FastifyReply } from 'fastify';

const version = '2020-10-01';

/** How long it took until the headers, in whole milliseconds. Streams, which no hook sends, set it themselves. */
export function processingHeaders(reply: FastifyReply): Readonly<Record<string, string>> {
  return { 'OpenAI-Processing-Ms': String(Math.round(reply.elapsedTime)), 'OpenAI-Version': version };
}

export function addOpenAiHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    request.tellsLimitsAsOpenAi = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.headers(processingHeaders(reply) as Record<string, string>);
  });
}
