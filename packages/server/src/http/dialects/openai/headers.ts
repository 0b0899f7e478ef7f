/** Headers that clients of OpenAI look at. */
import type { FastifyInstance, FastifyReply } from 'fastify';

const version = '2020-10-01';

/** How long it took until the headers, in whole milliseconds. */
function processingHeaders(reply: FastifyReply): Readonly<Record<string, string>> {
  return { 'OpenAI-Processing-Ms': String(Math.round(reply.elapsedTime)), 'OpenAI-Version': version };
}

/** What `work` gives, with the headers of the stream that begins behind it, which no hook sends. */
export async function withProcessingHeaders<T>(reply: FastifyReply, work: Promise<T>): Promise<T> {
  const result = await work;
  reply.headers(processingHeaders(reply));
  return result;
}

export function addOpenAiHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    request.tellsLimitsAsOpenAi = true;
  });
  // Streams that are taken up again begin at once.
  app.addHook('preValidation', async (_request, reply) => {
    reply.headers(processingHeaders(reply));
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.headers(processingHeaders(reply));
  });
}
