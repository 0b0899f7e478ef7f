/** `Idempotency-Key`: the claim under which a command runs, so that a retry gets the first call's result. */
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { credentialName, type Principal } from '../../auth/principal.ts';
import { invalid } from '../../domain/errors.ts';
import type { IdempotencyClaim } from '../../store/command.ts';

const lifetimeMs = 24 * 3_600_000;

/**
 * The claim of a request with the header. Its scope is the credential; its hash covers method, path, query and body.
 * `now` is in epoch milliseconds.
 * @throws AppError invalid_request
 */
export function idempotencyClaim(
  request: FastifyRequest,
  principal: Principal,
  now: number,
): IdempotencyClaim | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  const key = Array.isArray(header) ? header.join(', ') : header;
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw invalid('Idempotency-Key', 'Idempotency-Key must have 1 to 255 printable ASCII characters');
  }
  return {
    scope: credentialName(principal),
    key,
    bodyHash: requestHash(request),
    now,
    expiresAt: now + lifetimeMs,
  };
}

function requestHash(request: FastifyRequest): string {
  const path = request.url.split('?', 1)[0] ?? '';
  const { access_token: _, ...query } = request.query as Record<string, unknown>;
  return createHash('sha256')
    .update(`${request.method} ${path}\n${canonical(query)}\n${canonical(request.body ?? null)}`)
    .digest('base64url');
}

/** JSON with sorted names, so that the order of a client's fields does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, child: unknown) => {
    if (typeof child !== 'object' || child === null || Array.isArray(child)) return child;
    return Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
