/** Checks the organization of a call: every call names it in `org_id`, which must be the credential's own. */
import type { FastifyRequest } from 'fastify';
import { AppError, invalid } from '../../../domain/errors.ts';
import { isUuid } from '../../../domain/ids.ts';

/** An `onRequest` hook that runs after the route's access was resolved. @throws AppError invalid_request, forbidden */
export async function checkOrganization({ query, scope }: FastifyRequest): Promise<void> {
  const { org_id: given } = query as { readonly org_id?: unknown };
  if (given === undefined || given === '') throw invalid('org_id', 'org_id is required');
  if (typeof given !== 'string' || !isUuid(given)) throw invalid('org_id', 'org_id must be a UUID');
  if (given.toLowerCase() !== scope?.organizationId) {
    throw new AppError('forbidden', 'the credential does not belong to this organization', {
      field: 'org_id',
    });
  }
}
