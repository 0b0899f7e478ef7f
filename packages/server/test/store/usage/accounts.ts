/** An organization whose calls tests account and add up. */
import { newId } from '../../../src/domain/ids.ts';
import type { ModelCall } from '../../../src/domain/usage.ts';
import type { Store } from '../../../src/store/store.ts';

export const hourMs = 3_600_000;
export const noon = Date.parse('2026-11-22T12:00:00.000Z');

export interface Accounts {
  readonly store: Store;
  readonly organizationId: string;
  user(externalId: string): Promise<string>;
  /** A call at noon that cost 0.1, unless changed. */
  call(changes?: Partial<ModelCall>): ModelCall;
  account(...calls: readonly ModelCall[]): Promise<void>;
}

/** A call at noon that cost 0.1, unless changed. */
export function callOf(organizationId: string, changes: Partial<ModelCall> = {}): ModelCall {
  return {
    id: newId(),
    generationId: null,
    organizationId,
    environment: 'prod',
    endUserId: null,
    apiKeyId: null,
    personaId: null,
    modelId: 'm',
    purpose: 'answer',
    promptTokens: 3,
    completionTokens: 4,
    provenance: 'reported',
    cost: 0.1,
    isRequest: true,
    isFailed: false,
    firstTokenMs: 10,
    durationMs: 20,
    createdAt: noon + 5,
    ...changes,
  };
}

export async function makeAccounts(store: Store): Promise<Accounts> {
  const organizationId = newId();
  await store.execute('createOrganization', { id: organizationId, name: 'Acme', now: noon });
  return {
    store,
    organizationId,
    async user(externalId) {
      const user = { id: newId(), organizationId, environment: 'prod' as const, externalId, now: noon };
      return (await store.execute('ensureEndUser', user)).id;
    },
    call: (changes = {}) => callOf(organizationId, changes),
    account: async (...modelCalls) => {
      await store.execute('accountCalls', { modelCalls });
    },
  };
}

/** Adds up until nothing is left. Gives how many calls were added. */
export async function addUp(store: Store, limit = 200): Promise<number> {
  let total = 0;
  for (;;) {
    const { added, isLast } = await store.execute('addUpUsage', { limit });
    total += added;
    if (isLast) return total;
  }
}
