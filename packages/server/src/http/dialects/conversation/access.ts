/** Who calls, and for which organization: `org_id` stands in every call, and must be the credential's own. */
import type { FastifyRequest } from 'fastify';
import { requireWrite } from '../../../auth/permissions.ts';
import type { ConversationPrincipal } from '../../../auth/principal.ts';
import { AppError, invalid } from '../../../domain/errors.ts';
import { isUuid } from '../../../domain/ids.ts';
import { conversationPrincipalOf } from '../../request/authentication.ts';

/** An `onRequest` hook behind authentication. @throws AppError invalid_request, forbidden */
export async function checkOrganization(request: FastifyRequest): Promise<void> {
  const { scope } = conversationPrincipalOf(request);
  const { org_id: given } = request.query as { org_id?: unknown };
  if (given === undefined || given === '') throw invalid('org_id', 'org_id is required');
  if (typeof given !== 'string' || !isUuid(given)) throw invalid('org_id', 'org_id must be a UUID');
  if (given.toLowerCase() !== scope.organizationId) {
    throw new AppError('forbidden', 'the credential does not belong to this organization', {
      field: 'org_id',
    });
  }
}

/** @throws AppError forbidden for a guest */
export function writerOf(request: FastifyRequest): ConversationPrincipal {
  const principal = conversationPrincipalOf(request);
  requireWrite(principal);
  return principal;
}

/** A hook before validation: who may not write learns that, and not what is wrong with the body. */
export async function checkWriter(request: FastifyRequest): Promise<void> {
  writerOf(request);
}
