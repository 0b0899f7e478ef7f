/**
 * The store as the administration has it: it reads, and it changes things through commands that have a rule in the audit
 * trail (`store/audit/rules.ts`), each of which writes its row in its own transaction. There is no other way to write.
 */
import type { FastifyRequest } from 'fastify';
import type { AdministratorPrincipal } from '../../auth/principal.ts';
import type { AuditAction, AuditSubject, AuditValues } from '../../domain/audit/trail.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { AuditedCommandName } from '../../store/audit/rules.ts';
import type { ClaimedCommandName, CommandArgs, CommandResult, Executed } from '../../store/command.ts';
import type { Store } from '../../store/store.ts';
import { auditOrigin } from '../request/audit-origin.ts';
import { idempotencyClaim } from '../request/idempotency.ts';

/** A request of the administration. The scope of the operator's own requests is null. */
export interface AdminRequest extends FastifyRequest {
  readonly caller: AdministratorPrincipal;
  readonly scope: OrganizationScope | null;
}

export interface AdminStore extends Pick<Store, 'reads' | 'report' | 'search'> {
  /** @throws AppError as the command does; nothing is stored then, and nothing noted */
  change<N extends AuditedCommandName>(
    request: AdminRequest,
    name: N,
    args: CommandArgs<N>,
  ): Promise<CommandResult<N>>;
  /** The same under the request's `Idempotency-Key`, if it has one: a retry changes and notes nothing. */
  changeOnce<N extends AuditedCommandName & ClaimedCommandName>(
    request: AdminRequest,
    name: N,
    args: CommandArgs<N>,
  ): Promise<Executed<CommandResult<N>>>;
  /** Notes what changes nothing in the store. Call it before the act is answered. */
  note(
    request: AdminRequest,
    action: AuditAction,
    subject: { readonly kind: AuditSubject; readonly id: string | null },
    values?: AuditValues,
  ): Promise<void>;
}

/** @param now gives epoch milliseconds */
export function createAdminStore(store: Store, now: () => number): AdminStore {
  const originOf = (request: AdminRequest) =>
    auditOrigin(request, request.caller, request.scope?.organizationId ?? null, now());
  return {
    reads: store.reads,
    report: store.report,
    search: store.search,
    change: (request, name, args) => store.execute(name, args, originOf(request)),
    changeOnce: (request, name, args) =>
      store.executeOnce(name, args, idempotencyClaim(request, request.caller, now()), originOf(request)),
    async note(request, action, subject, values = {}) {
      await store.execute('noteAction', { action, subject, values }, originOf(request));
    },
  };
}
