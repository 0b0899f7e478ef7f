/**
 * Cross-origin requests, allowed everywhere but in the administration. Preflights are answered for every origin, since
 * they carry no credential; `authentication.ts` decides with the key whether the origin may call. There are no cookies.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../auth/principal.ts';
import { AppError } from '../../domain/errors.ts';

const allowedMethods = 'GET, POST, PUT, PATCH, DELETE';
const allowedHeaders = 'Authorization, X-API-Key, Content-Type, Last-Event-ID, Idempotency-Key';
const exposedHeaders = 'X-Request-Id, Content-Location, Retry-After, RateLimit, RateLimit-Policy';
const maxAgeSeconds = 600;

function isAdministration(url: string): boolean {
  return /^\/api\/admin(?:[/?]|$)/.test(url);
}

export function addCors(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (isAdministration(request.url)) return undefined;
    reply.header('Vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined) return undefined;
    reply.header('Access-Control-Allow-Origin', origin);
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
      return reply
        .code(204)
        .header('Access-Control-Allow-Methods', allowedMethods)
        .header('Access-Control-Allow-Headers', allowedHeaders)
        .header('Access-Control-Max-Age', String(maxAgeSeconds))
        .send();
    }
    reply.header('Access-Control-Expose-Headers', exposedHeaders);
    return undefined;
  });
}

/** Checks a browser's origin against the key. @throws AppError forbidden unless the key allows the origin */
export function checkOrigin(request: FastifyRequest, reply: FastifyReply, principal: Principal): void {
  const { origin } = request.headers;
  if (origin === undefined || !('allowedOrigins' in principal) || principal.allowedOrigins === null) return;
  if (principal.allowedOrigins.includes(origin)) return;
  reply.removeHeader('Access-Control-Allow-Origin');
  throw new AppError('forbidden', 'the origin is not among the allowed_origins of the key');
}
