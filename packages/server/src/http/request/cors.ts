/**
 * Cross-origin requests, allowed everywhere but in the administration and in what operators read. Preflights are
 * answered for every origin and grant the headers that they ask for, since they carry no credential;
 * `authentication.ts` decides with the key whether the origin may call. Nothing here takes a cookie.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../auth/principal.ts';
import { AppError } from '../../domain/errors.ts';
import { matchesOrigin } from '../../domain/text/origin.ts';

const allowedMethods = 'GET, HEAD, POST, PUT, PATCH, DELETE';
/** What a preflight that asks for no headers is told; the others are granted what they ask for. */
const usualHeaders = 'Authorization, X-API-Key, Content-Type, Last-Event-ID, Idempotency-Key';
const exposedHeaders = [
  'X-Request-Id',
  'X-Conversation-Id',
  'Colloquy-Version',
  'Location',
  'Content-Location',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'Allow',
].join(', ');
const maxAgeSeconds = 600;

/** A list of field names (RFC 9110 §5.1), as `Access-Control-Request-Headers` has it. */
const fieldNames = /^[\w!#$%&'*+.^`|~, -]{1,4096}$/;

/** The administration, what the console's cookie is for, and what only operators, their monitoring and the documentation's own page read. */
const sameOriginOnly = /^\/(?:api\/admin|api\/console|metrics|readyz|healthz|docs)(?:[/?]|$)/;

export function addCors(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (sameOriginOnly.test(request.url)) return undefined;
    reply.header('Vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined) return undefined;
    reply.header('Access-Control-Allow-Origin', origin);
    if (isPreflight(request)) {
      const asked = request.headers['access-control-request-headers'] ?? '';
      return reply
        .code(204)
        .header('Vary', 'Origin, Access-Control-Request-Headers')
        .header('Access-Control-Allow-Methods', allowedMethods)
        .header('Access-Control-Allow-Headers', fieldNames.test(asked) ? asked : usualHeaders)
        .header('Access-Control-Max-Age', String(maxAgeSeconds))
        .send();
    }
    reply.header('Access-Control-Expose-Headers', exposedHeaders);
    return undefined;
  });
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** Checks a browser's origin against the key. @throws AppError forbidden unless the key allows the origin */
export function checkOrigin(request: FastifyRequest, reply: FastifyReply, principal: Principal): void {
  const { origin } = request.headers;
  if (origin === undefined || !('allowedOrigins' in principal) || principal.allowedOrigins === null) return;
  if (principal.allowedOrigins.some((pattern) => matchesOrigin(pattern, origin))) return;
  reply.removeHeader('Access-Control-Allow-Origin');
  throw new AppError('forbidden', 'the origin is not among the allowed_origins of the key');
}
