/** Where an audited command comes from: who called, from which address, in which request. */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { creatorOf, type Principal } from '../../auth/principal.ts';
import type { AuditActor, AuditOrigin } from '../../domain/audit/trail.ts';
import { newId } from '../../domain/ids.ts';

/** Who a caller is in the trail. An end user is nobody in particular there, since nothing of them may stay. */
export function actorOf(caller: Principal): AuditActor {
  if (caller.kind === 'admin' && caller.session !== undefined) {
    return { kind: 'account', id: caller.session.accountId };
  }
  const { kind, id } = creatorOf(caller);
  return { kind, id: kind === 'end-user' ? null : id };
}

/** @param now in epoch milliseconds */
export function auditOrigin(
  request: FastifyRequest,
  caller: Principal,
  organizationId: string | null,
  now: number,
): AuditOrigin {
  return {
    id: newId(),
    actor: actorOf(caller),
    address: addressOf(request),
    requestId: request.id,
    organizationId,
    at: now,
  };
}

/**
 * The client's address: the connection's, or the one that a trusted proxy has forwarded, if it is one. An IPv4 address is
 * written as one, also where the connection came in over IPv6.
 */
export function addressOf({ ip, socket }: FastifyRequest): string | null {
  return toAddress(ip) ?? toAddress(socket.remoteAddress ?? '');
}

/** Some proxies forward the port too: `192.0.2.1:443`, `[2001:db8::1]:443`. */
function toAddress(written: string): string | null {
  const plain = written
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^([^:]*):\d+$/, '$1')
    .replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
  return isIP(plain) === 0 ? null : plain;
}
