/** How to make the logger that the app is given: no credential and no query string reaches it. */
import type { FastifyReply, FastifyRequest } from 'fastify';

const secrets = [
  'authorization',
  'apiKey',
  'api_key',
  'access_token',
  'accessToken',
  'token',
  'key',
  'secret',
  'headers.authorization',
  'headers["x-api-key"]',
  'headers.cookie',
];

/** Options of pino. */
export const logOptions = {
  redact: { paths: secrets.flatMap((path) => [path, `*.${path}`]), censor: '[redacted]' },
  serializers: {
    req: (request: FastifyRequest) => ({ method: request.method, path: request.url?.split('?', 1)[0] }),
    res: (reply: FastifyReply) => ({ status: reply.statusCode }),
  },
};
