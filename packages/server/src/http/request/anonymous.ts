/** Guards requests without a credential, so that no website that somebody visits can talk to their own server. */
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../domain/errors.ts';
import { isLoopback } from '../../network/loopback.ts';

/** Requests without a credential act as this organization, in `/api/generations` and the chats dialect. */
export interface AnonymousAccess {
  readonly organizationId: string;
  /** Whether requests need a loopback `Host`; false if the operator names the organization. */
  readonly loopbackOnly: boolean;
}

/**
 * Checks a request without a credential. @throws AppError forbidden unless `Host` is a loopback host (where the
 * operator did not lift that) and `Origin` is absent or the host's own
 */
export function checkAnonymous(request: FastifyRequest, access: AnonymousAccess): void {
  const host = hostOf(`http://${request.headers.host ?? ''}`);
  if (access.loopbackOnly && (host === undefined || !isLoopback(host.hostname))) {
    throw new AppError('forbidden', 'without a credential, only requests to localhost are served');
  }
  const { origin } = request.headers;
  if (origin !== undefined && (host === undefined || !isSameHost(origin, host.host))) {
    throw new AppError('forbidden', 'without a credential, requests of other websites are refused');
  }
}

function hostOf(url: string): URL | undefined {
  return URL.parse(url) ?? undefined;
}

/** Compares hosts with their default ports left out: `http://localhost` and `localhost:80` are the same. */
function isSameHost(origin: string, host: string): boolean {
  const parsed = hostOf(origin);
  if (parsed === undefined) return false;
  return parsed.host === host || hostOf(`${parsed.protocol}//${host}`)?.host === parsed.host;
}
