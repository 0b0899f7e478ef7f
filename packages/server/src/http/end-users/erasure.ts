/** Erases data in small steps, so that other writes never wait long. Running generations are ended first. */
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../auth/principal.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { GenerationEngine } from '../../generation/interface.ts';
import {
  addErased,
  type ErasedConversations,
  nothingErased,
} from '../../store/commands/erase-conversations.ts';
import { listLiveConversations } from '../../store/queries/end-users.ts';
import { isTellingOfErased } from '../../store/queries/webhooks.ts';
import type { Leftover, Store } from '../../store/store.ts';
import { auditOrigin } from '../request/audit-origin.ts';
import type { Revocation } from '../streaming/revocation.ts';

const conversationsAtOnce = 50;
const modelCallsAtOnce = 2000;
const auditRowsAtOnce = 2000;
const deliveriesAtOnce = 2000;

export interface ErasureDependencies {
  readonly store: Store;
  readonly engine: Pick<GenerationEngine, 'settleBeforeDelete'>;
  readonly revocation: Pick<Revocation, 'endUsers'>;
  /** Epoch milliseconds. */
  now(): number;
}

/** A request that erases something, for the audit trail. */
export type ErasingRequest = FastifyRequest & { readonly caller: Principal };

export interface Erasure {
  /** Erases an organization with all of its data. It may be interrupted at any point: the next call continues. */
  organization(scope: OrganizationScope, request: ErasingRequest): Promise<ErasureReceipt>;
  /** Erases everything that is stored about end users. */
  endUsers(
    scope: OrganizationScope,
    endUserIds: readonly string[],
    request: ErasingRequest,
  ): Promise<ErasureReceipt>;
}

export function createErasure(dependencies: ErasureDependencies): Erasure {
  return {
    organization: (scope, request) => eraseOrganization(dependencies, scope, request),
    endUsers: (scope, endUserIds, request) => eraseEndUsers(dependencies, scope, endUserIds, request),
  };
}

/** What an erasure answers with. */
export interface ErasureReceipt {
  /** How many entries went, by store. */
  readonly deleted: Readonly<Record<string, number>>;
  /** Where copies may still be, and until when: a sentence each. */
  readonly kept: readonly string[];
}

const leftovers: Readonly<Record<Leftover, string>> = {
  'unused-pages':
    'unused parts of the database file may keep pieces until the server is quiet or stops, and at most for a day',
  'write-ahead': 'the write-ahead file of the database may keep pieces until its readers have gone on',
  'dead-rows':
    'PostgreSQL keeps deleted rows in its files until a vacuum has run and the space was used again',
  'write-ahead-log':
    'the write-ahead log of PostgreSQL, its archive and replicas keep what their settings say',
};
const inWebhooks =
  'what tells webhooks of the erasure keeps the user_id until it is delivered, and at most for a day';
const inBackups = 'backups that were made before keep what was erased';

async function receiptOf(store: Store, deleted: ErasureReceipt['deleted']): Promise<ErasureReceipt> {
  const left = await store.scrub();
  return { deleted, kept: [...left.map((one) => leftovers[one]), inBackups] };
}

async function eraseOrganization(
  dependencies: ErasureDependencies,
  { organizationId }: OrganizationScope,
  request: ErasingRequest,
): Promise<ErasureReceipt> {
  const { store, now } = dependencies;
  // Nobody is told of what is deleted from here on.
  const { webhooks } = await store.execute('deleteWebhooks', { organizationId });
  const ofGoneWebhooks = { before: 0, limit: deliveriesAtOnce };
  while (!(await store.execute('pruneDeliveries', ofGoneWebhooks)).isDone);
  while (!(await store.execute('eraseQuestionSets', { organizationId, now: now() })).isDone);
  const conversations = await eraseConversations(dependencies, organizationId, null);
  let modelCalls = 0;
  for (;;) {
    const step = await store.execute('eraseModelCalls', { organizationId, limit: modelCallsAtOnce });
    modelCalls += step.modelCalls;
    if (step.isLast) break;
  }
  const { endUsers, idempotencyClaims, ...rest } = await store.execute(
    'deleteOrganization',
    { organizationId, now: now() },
    auditOrigin(request, request.caller, organizationId, now()),
  );
  // Its audit trail goes last, since it holds who did all this. What is left by a crash goes with the housekeeping.
  const goneAlone = { before: 0, refusalsBefore: 0, limit: auditRowsAtOnce };
  while (!(await store.execute('pruneAudit', goneAlone)).isDone);
  return receiptOf(store, {
    organizations: 1,
    ...rest,
    end_users: endUsers,
    idempotency_claims: idempotencyClaims,
    ...conversations,
    model_calls: modelCalls,
    webhooks,
  });
}

async function eraseEndUsers(
  dependencies: ErasureDependencies,
  { organizationId }: OrganizationScope,
  endUserIds: readonly string[],
  request: ErasingRequest,
): Promise<ErasureReceipt> {
  const { store, revocation, now } = dependencies;
  // Their tokens are worth nothing from here on: their connections end, and they begin nothing new.
  await store.execute('beginErasure', { organizationId, endUserIds, now: now() });
  await revocation.endUsers(endUserIds);
  const conversations = await eraseConversations(dependencies, organizationId, endUserIds);
  const users = await store.execute(
    'eraseEndUsers',
    { organizationId, endUserIds, now: now() },
    auditOrigin(request, request.caller, organizationId, now()),
  );
  const counts = {
    end_users: users.endUsers,
    idempotency_claims: users.idempotencyClaims,
    model_calls_anonymised: users.modelCallsAnonymised,
    webhook_deliveries: users.webhookDeliveries,
    ...conversations,
  };
  const { deleted, kept } = await receiptOf(store, counts);
  const isTelling = await isTellingOfErased(store.reads, organizationId);
  return { deleted, kept: isTelling ? [inWebhooks, ...kept] : kept };
}

async function eraseConversations(
  dependencies: ErasureDependencies,
  organizationId: string,
  endUserIds: readonly string[] | null,
): Promise<ErasedConversations> {
  const { store, engine, now } = dependencies;
  const live = await listLiveConversations(store.reads, organizationId, endUserIds);
  await engine.settleBeforeDelete(live.map((conversationId) => ({ conversationId })));
  let total = nothingErased;
  for (;;) {
    const { isDone, ...step } = await store.execute('eraseConversations', {
      organizationId,
      endUserIds,
      limit: conversationsAtOnce,
      now: now(),
    });
    if (isDone) return total;
    total = addErased(total, step);
  }
}
