/** A sender of webhooks on a real store, with an organization whose conversations are deleted, so that there is news. */

import { openTestStore, type TestStore } from 'colloquy-testkit/stores';
import { type ScriptedReceiver, startScriptedReceiver } from 'colloquy-testkit/web/scripted-receiver';
import { writeDirectly } from 'colloquy-testkit/write-directly';
import { sql } from 'kysely';
import { Agent } from 'undici';
import { conversationScope, organizationScope } from '../../src/auth/scopes.ts';
import { newId } from '../../src/domain/ids.ts';
import { oneSecret } from '../../src/domain/secrets/secret-ring.ts';
import type { WebhookEvent } from '../../src/domain/webhooks/webhook.ts';
import { createAddressGuard } from '../../src/network/address-guard.ts';
import { createGuardedAgent } from '../../src/network/guarded-agent.ts';
import {
  type DeliveryRecord,
  findWebhook,
  listDeliveries,
  type WebhookRecord,
} from '../../src/store/queries/webhooks.ts';
import type { StoreEngine } from '../../src/store/store.ts';
import {
  startWebhookSender,
  type WebhookAttempt,
  type WebhookSenderOptions,
} from '../../src/webhooks/sender.ts';
import { generateWebhookSecret } from '../../src/webhooks/signature.ts';

export interface TestWebhook {
  readonly id: string;
  readonly secret: string;
  record(): Promise<WebhookRecord>;
  /** Newest first. */
  deliveries(): Promise<readonly DeliveryRecord[]>;
}

export interface SenderHarness extends AsyncDisposable {
  readonly place: TestStore;
  readonly receiver: ScriptedReceiver;
  readonly attempts: readonly WebhookAttempt[];
  readonly errors: readonly unknown[];
  readonly organizationId: string;
  newOrganization(): Promise<string>;
  webhook(more?: {
    readonly url?: string;
    readonly events?: readonly WebhookEvent[];
    readonly byOperator?: boolean;
    readonly organizationId?: string;
    readonly secret?: string;
  }): Promise<TestWebhook>;
  /** Makes news: a conversation that is deleted. Gives its id. */
  happen(organizationId?: string): Promise<string>;
  start(options?: Partial<WebhookSenderOptions>): AsyncDisposable;
  /** Resolves once so many attempts have ended in all. */
  attempted(count: number): Promise<readonly WebhookAttempt[]>;
  /** Makes all that waits due now. */
  makeDue(): Promise<void>;
}

const { ring } = oneSecret('the secret of the tests, long enough');

export async function startSenderHarness(engine: StoreEngine): Promise<SenderHarness> {
  const place = await openTestStore(engine);
  const { store } = place;
  const receiver = await startScriptedReceiver();
  const dispatcher = new Agent();
  const guarded = createGuardedAgent({ guard: createAddressGuard({ ports: 'any' }), connectMs: 2000 });
  const attempts: WebhookAttempt[] = [];
  const errors: unknown[] = [];
  const waiting = new Set<() => void>();
  const senders: AsyncDisposable[] = [];
  const newOrganization = async (): Promise<string> => {
    const id = newId();
    await store.execute('createOrganization', { id, name: 'test', now: Date.now() });
    return id;
  };
  const organizationId = await newOrganization();
  return {
    place,
    receiver,
    attempts,
    errors,
    organizationId,
    newOrganization,
    async webhook({ secret = generateWebhookSecret(), ...more } = {}) {
      const id = newId();
      const owner = more.organizationId ?? organizationId;
      await store.execute('createWebhook', {
        id,
        organizationId: owner,
        url: receiver.url,
        events: ['conversation.deleted'],
        description: null,
        secretEncrypted: ring.seal(secret, id),
        sealedBy: ring.fingerprints,
        byOperator: true,
        createdBy: null,
        now: Date.now(),
        ...more,
      });
      const record = async (): Promise<WebhookRecord> => {
        const found = await findWebhook(store.reads, organizationScope(owner), id);
        if (found === undefined) throw new Error('the webhook is gone');
        return found;
      };
      return {
        id,
        secret,
        record,
        deliveries: async () => (await listDeliveries(store.reads, { id }, { limit: 1000 })).data,
      };
    },
    async happen(owner = organizationId) {
      const [scope, id] = [conversationScope(owner, 'prod'), newId()];
      const now = Date.now();
      await store.execute('createConversation', {
        scope,
        id,
        title: 'A secret title',
        isArchived: false,
        now,
      });
      await store.execute('deleteConversation', { scope, id, now });
      return id;
    },
    start(options = {}) {
      const sender = startWebhookSender({
        store,
        openSecret: (sealed, id) => ring.open(sealed, id),
        guarded,
        dispatcher,
        intervalMs: 20,
        onAttempt(attempt) {
          attempts.push(attempt);
          for (const look of waiting) look();
        },
        onError: (error) => void errors.push(error),
        ...options,
      });
      senders.push(sender);
      return sender;
    },
    attempted(count) {
      const { promise, resolve } = Promise.withResolvers<readonly WebhookAttempt[]>();
      const look = (): void => {
        if (attempts.length < count) return;
        waiting.delete(look);
        resolve(attempts);
      };
      waiting.add(look);
      look();
      return promise;
    },
    async makeDue() {
      await writeDirectly(
        place,
        sql`update webhook_delivery set next_at = 0 where next_at is not null`.compile(store.reads),
        sql`update webhook set paused_until = null`.compile(store.reads),
      );
    },
    async [Symbol.asyncDispose]() {
      for (const sender of senders) await sender[Symbol.asyncDispose]();
      await receiver[Symbol.asyncDispose]();
      await dispatcher.destroy();
      await guarded.destroy();
      await place[Symbol.asyncDispose]();
    },
  };
}
