/** Who administers: the credential of a request, and the organization that it names. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import { administeredOrganization, requireAdmin } from '../../auth/permissions.ts';
import type { Principal } from '../../auth/principal.ts';
import { AppError, notFound } from '../../domain/errors.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { IdempotencyClaim } from '../../store/command.ts';
import { findOrganization } from '../../store/queries/organizations.ts';
import { idempotencyClaim } from '../request/idempotency.ts';
import type { AdminDependencies } from './dependencies.ts';

export type AdminApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Who administers; set in `/api/admin` only. */
    administrator: Principal | null;
  }
}

/** Lets in who administers something, before anything of the request is read. */
export function requireAdministrators(app: AdminApp, { authenticator }: AdminDependencies): void {
  app.decorateRequest('administrator', null);
  app.addHook('onRequest', async (request) => {
    const apiKey = request.headers['x-api-key'];
    const principal = await authenticator.authenticate({
      ...(apiKey !== undefined && { apiKey: String(apiKey) }),
      authorization: request.headers.authorization,
    });
    if (principal === undefined) {
      throw new AppError('unauthenticated', 'an admin key is needed: Authorization: Bearer sk_admin_…');
    }
    administeredOrganization(principal);
    request.administrator = principal;
  });
}

export function administratorOf(request: Pick<FastifyRequest, 'administrator'>): Principal {
  if (request.administrator === null) throw new AppError('unauthenticated', 'an admin key is needed');
  return request.administrator;
}

/** The scope of an organization that is there. @throws AppError not_found, forbidden */
export async function openOrganization(
  request: Pick<FastifyRequest, 'administrator'>,
  { store }: AdminDependencies,
  organizationId: string,
): Promise<OrganizationScope> {
  const scope = requireAdmin(administratorOf(request), organizationId.toLowerCase());
  if ((await findOrganization(store.reads, scope.organizationId)) === undefined) {
    throw notFound('organization');
  }
  return scope;
}

/** The claim of a POST's `Idempotency-Key`. @throws AppError invalid_request */
export function claimOf(
  request: FastifyRequest,
  dependencies: AdminDependencies,
): IdempotencyClaim | undefined {
  return idempotencyClaim(request, administratorOf(request), timeOf(dependencies));
}

export function timeOf({ now }: AdminDependencies): number {
  return (now ?? Date.now)();
}
