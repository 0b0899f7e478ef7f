/** Guards requests without a credential, so that no website that somebody visits can talk to their own server. */
import type { FastifyRequest } from 'fastify';
import { AppError, unauthenticated } from '../../domain/errors.ts';
import { isLoopback } from '../../domain/text/loopback.ts';

/** Requests without a credential act as this organization, in `/api/generations` and the chats dialect. */
export interface AnonymousAccess {
  readonly organizationId: string;
  /**
   * Whether only programs and pages of this machine are served: `Host` must be a loopback host, and no proxy may have
   * forwarded the request. False if the operator names the organization.
   */
  readonly loopbackOnly: boolean;
  /** Origins whose pages are served besides the server's own, each as a browser sends it in `Origin`. */
  readonly origins: readonly string[];
}

/** Headers that a proxy or a content delivery network adds, besides all that begin with `x-forwarded-`. */
const forwardingHeaders = ['forwarded', 'x-real-ip', 'via', 'cf-connecting-ip', 'true-client-ip'] as const;

/** The values of `Sec-Fetch-Site` that a page of this host, or a person who types the address, causes. */
const ownSites: readonly unknown[] = [undefined, 'same-origin', 'none'];

/**
 * Checks a request without a credential.
 * @throws AppError unauthenticated for a request from elsewhere: one that was forwarded, or that a page of another site
 * caused; forbidden for a `Host` that is not a loopback host (where the operator did not lift that), and for an `Origin`
 * that is neither the host's own nor allowed
 */
export function checkAnonymous({ headers }: FastifyRequest, access: AnonymousAccess): void {
  const { origin } = headers;
  const isAllowedOrigin = origin !== undefined && access.origins.includes(origin);
  if (access.loopbackOnly && isForwarded(headers)) {
    throw unauthenticated('a credential is required, since the request came through a proxy');
  }
  if (!isAllowedOrigin && !ownSites.includes(headers['sec-fetch-site'])) {
    throw unauthenticated('a credential is required, since the request was caused by a page of another site');
  }
  const host = URL.parse(`http://${headers.host ?? ''}`);
  if (access.loopbackOnly && (host === null || !isLoopback(host.hostname))) {
    throw new AppError('forbidden', 'without a credential, only requests to localhost are served');
  }
  if (origin === undefined || isAllowedOrigin) return;
  if (host === null || !isSameHost(origin, host.host)) {
    throw new AppError('forbidden', 'without a credential, requests of other websites are refused');
  }
}

function isForwarded(headers: FastifyRequest['headers']): boolean {
  return (
    forwardingHeaders.some((name) => headers[name] !== undefined) ||
    Object.keys(headers).some((name) => name.startsWith('x-forwarded-'))
  );
}

/** Compares hosts with their default ports left out: `http://localhost` and `localhost:80` are the same. */
function isSameHost(origin: string, host: string): boolean {
  const parsed = URL.parse(origin);
  if (parsed === null) return false;
  return parsed.host === host || URL.parse(`${parsed.protocol}//${host}`)?.host === parsed.host;
}
