/**
 * Puts refusals into the audit trail: a 401 for a credential, a 403, and a sign-in that failed. They are counted for each minute and whom they
 * concern, so that nobody can fill the disk with them: one row for each, and one for all others once there are many.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RefusedSignIn } from '../../auth/accounts/refused-sign-in.ts';
import { RefusedCredential } from '../../auth/refused-credential.ts';
import { every } from '../../concurrency/every.ts';
import type { AuditActor, RefusalAction } from '../../domain/audit/trail.ts';
import type { AppError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import type { Refusal } from '../../store/commands/audit.ts';
import type { Store } from '../../store/store.ts';
import { actorOf, addressOf } from './audit-origin.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The error that was answered. */
    answeredError: AppError | undefined;
  }
}

export interface RefusalsOptions {
  readonly store: Pick<Store, 'execute'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Refusals could not be stored; the next try follows, until there are too many. */
  onError(error: unknown): void;
}

export interface Refusals {
  /** Stores the refusals of minutes that are over. */
  settle(): Promise<void>;
}

const minuteMs = 60_000;
const settleMs = 10_000;
/** Rows of a minute: of an organization, and of those whose organization is not known. The last one is for all others. */
const mostOfOrganization = 10;
const mostOfStrangers = 5;
/** Rows that wait for a store that can't write. */
const mostWaiting = 1000;
const reasonCharacters = 200;

const stranger: AuditActor = { kind: 'stranger', id: null };

/** What is noted of one refusal. */
interface Concerned {
  readonly organizationId: string | null;
  readonly actor: AuditActor;
  readonly keyId: string | null;
  /** The account that somebody tried to sign in to. */
  readonly accountId?: string | null;
  readonly action: RefusalAction;
  readonly address: string | null;
  readonly reason: string;
}

/** The hook sees every request; store what is left by closing the instance. */
export function addRefusals(app: FastifyInstance, { store, now, onError }: RefusalsOptions): Refusals {
  let minute = 0;
  let counted = new Map<string, Refusal & { count: number }>();
  let ofOrganization = new Map<string | null, number>();
  let waiting: Refusal[] = [];
  let storing: Promise<void> = Promise.resolve();

  function endMinute(): void {
    waiting.push(...counted.values());
    waiting = waiting.slice(0, mostWaiting);
    counted = new Map();
    ofOrganization = new Map();
  }

  /** One after the other. */
  function flush(): Promise<void> {
    storing = storing.then(async () => {
      const refusals = waiting;
      if (refusals.length === 0) return;
      waiting = [];
      try {
        await store.execute('noteRefusals', { refusals });
      } catch (error) {
        waiting = [...refusals, ...waiting].slice(0, mostWaiting);
        onError(error);
      }
    });
    return storing;
  }

  function endPast(): void {
    if (now() >= minute + minuteMs || now() < minute) endMinute();
  }

  function count(request: FastifyRequest, one: Concerned): void {
    endPast();
    if (counted.size === 0) minute = Math.floor(now() / minuteMs) * minuteMs;
    const key = JSON.stringify(one);
    const known = counted.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    const { organizationId } = one;
    const rows = (ofOrganization.get(organizationId) ?? 0) + 1;
    const most = organizationId === null ? mostOfStrangers : mostOfOrganization;
    if (rows >= most) {
      const others: Concerned = {
        organizationId,
        actor: stranger,
        keyId: null,
        action: one.action,
        address: null,
        reason: 'others',
      };
      const rest = counted.get(`others of ${organizationId}`);
      if (rest === undefined) counted.set(`others of ${organizationId}`, toRefusal(others, null, minute));
      else rest.count += 1;
      return;
    }
    ofOrganization.set(organizationId, rows);
    counted.set(key, toRefusal(one, request, minute));
  }

  app.decorateRequest('answeredError', undefined);
  app.addHook('onResponse', (request, _reply, done) => {
    const error = request.answeredError;
    if (error !== undefined) {
      for (const concerned of concernedBy(request, error)) count(request, concerned);
    }
    done();
  });
  const settling = every(
    settleMs,
    async () => {
      endPast();
      await flush();
    },
    onError,
  );
  app.addHook('onClose', async () => {
    await settling[Symbol.asyncDispose]();
    endMinute();
    await flush();
  });
  return {
    settle() {
      endPast();
      return flush();
    },
  };
}

function toRefusal(
  { organizationId, actor, keyId, accountId, action, address, reason }: Concerned,
  request: FastifyRequest | null,
  at: number,
): Refusal & { count: number } {
  const route = request?.routeOptions.url;
  return {
    id: newId(),
    at,
    organizationId,
    actor,
    address,
    requestId: request?.id ?? null,
    action,
    subject:
      accountId == null
        ? { kind: keyId === null ? 'credential' : 'key', id: keyId }
        : { kind: 'account', id: accountId },
    before: null,
    after: {
      reason,
      ...(request !== null && route !== undefined && { route: `${request.method} ${route}` }),
    },
    count: 1,
  };
}

/** Nobody for what is no refusal, and for requests that bear no credential. */
function concernedBy(request: FastifyRequest, error: AppError): readonly Concerned[] {
  if (error.code !== 'unauthenticated' && error.code !== 'forbidden') return [];
  const address = addressOf(request);
  const reason = error.message.slice(0, reasonCharacters);
  if (error instanceof RefusedCredential) {
    return [{ ...error.holder, action: 'credential.refused', address, reason }];
  }
  if (error instanceof RefusedSignIn) {
    return error.holders.map((holder) => ({
      ...holder,
      ...{ keyId: null, action: 'sign-in.refused', address, reason },
    }));
  }
  const { caller } = request;
  if (caller !== undefined) {
    const organizationId =
      'scope' in caller ? caller.scope.organizationId : (caller.organization?.organizationId ?? null);
    const keyId = 'keyId' in caller ? caller.keyId : null;
    return [{ organizationId, actor: actorOf(caller), keyId, action: 'access.refused', address, reason }];
  }
  if (!bearsCredential(request)) return [];
  return [
    {
      organizationId: null,
      actor: stranger,
      keyId: null,
      action: 'credential.refused',
      address,
      reason,
    },
  ];
}

function bearsCredential({ headers, query }: FastifyRequest): boolean {
  const { access_token: token } = (query ?? {}) as Record<string, unknown>;
  return headers.authorization !== undefined || headers['x-api-key'] !== undefined || token !== undefined;
}
