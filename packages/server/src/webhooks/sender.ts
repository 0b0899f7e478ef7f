/**
 * Sends what the store says is to be delivered to webhooks. Each server does: a delivery is claimed for a time, and so sent
 * by one of them; if that one dies, it is sent again once the time is over, with the same `webhook-id`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { every } from '../concurrency/every.ts';
import { originWithoutRequest } from '../domain/audit/trail.ts';
import { toWebhookMessage, type WebhookEvent, webhookMessageId } from '../domain/webhooks/webhook.ts';
import type {
  ClaimedDeliveries,
  ClaimedDelivery,
  DeliveryOutcome,
} from '../store/commands/webhook-deliveries.ts';
import { type DueWebhook, findDueWebhooks } from '../store/queries/webhooks.ts';
import type { Store } from '../store/store.ts';
import { type AttemptResult, attemptDelivery } from './attempt.ts';
import { allPlaces, Places } from './places.ts';
import { retryDelayMs } from './retries.ts';
import { signedHeaders } from './signature.ts';

export interface WebhookSenderOptions {
  readonly store: Pick<Store, 'engine' | 'reads' | 'execute'>;
  /** Opens a webhook's secret. @throws where the server's secret is another one */
  openSecret(sealed: string, webhookId: string): string;
  /** Connections to addresses that an organization's administrator wrote. */
  readonly guarded: Dispatcher;
  /** Connections to addresses that the operator wrote. */
  readonly dispatcher: Dispatcher;
  /** Called after each attempt that was not broken off. */
  onAttempt(attempt: WebhookAttempt): void;
  onError(error: unknown): void;
  /** Time between two looks for what is due. Default one second. */
  readonly intervalMs?: number;
  /** Default 15 seconds. */
  readonly timeoutMs?: number;
  /** Default 30 seconds; more than an attempt may take. */
  readonly leaseMs?: number;
  /** Default `Math.random`. */
  readonly random?: () => number;
}

/** `retried`: it failed, and is tried again. `gone`: the receiver wants nothing any more. */
export const attemptOutcomes = ['delivered', 'retried', 'failed', 'gone'] as const;

export interface WebhookAttempt {
  readonly outcome: (typeof attemptOutcomes)[number];
  readonly organizationId: string;
  readonly webhookId: string;
  readonly deliveryId: string;
  readonly event: WebhookEvent;
  readonly attempt: number;
  /** The HTTP status; null: there was no answer. */
  readonly status: number | null;
  /** Why it failed; null: it did not. */
  readonly error: string | null;
  readonly ms: number;
  /** Until the next attempt; null: there is none. */
  readonly retryInMs: number | null;
}

/** Webhooks that a look considers: more than can be sent to at once. */
const consideredAtOnce = 2 * allPlaces;
/** What is under way when the server stops gets so long to end. */
const graceMs = 2_000;

/** The receiver of a message wants no more of them (RFC 9110 §15.5.11, as Standard Webhooks has it). */
const goneStatus = 410;

/** Its disposal breaks off what is under way, after two seconds; another server, or the next start, sends it again. */
export function startWebhookSender(options: WebhookSenderOptions): AsyncDisposable {
  const { store, onError, intervalMs = 1_000, timeoutMs = 15_000, leaseMs = 30_000 } = options;
  const { random = Math.random } = options;
  const places = new Places();
  const underWay = new Set<Promise<void>>();
  const stopping = new AbortController();
  let isStopping = false;
  let looking: Promise<void> | undefined;
  let isAskedAgain = false;

  function look(): Promise<void> {
    isAskedAgain = looking !== undefined;
    looking ??= lookOnce()
      .catch(onError)
      .finally(() => {
        looking = undefined;
        if (isAskedAgain) void look();
      });
    return looking;
  }

  async function lookOnce(): Promise<void> {
    while (!isStopping && !places.isFull) {
      const due = await findDueWebhooks(store.reads, store.engine, consideredAtOnce);
      let claimed = 0;
      for (const webhook of due) claimed += await claim(webhook);
      if (claimed === 0) return;
    }
  }

  /** Begins to send what is due for a webhook, as far as there are places; gives how much that is. */
  async function claim(webhook: DueWebhook): Promise<number> {
    const limit = places.roomFor(webhook);
    if (limit === 0 || isStopping) return 0;
    const claimed = await store.execute('claimDeliveries', { webhookId: webhook.id, limit, leaseMs });
    if (claimed === null) return 0;
    for (const delivery of claimed.deliveries) {
      const place = places.take(webhook);
      const sent = deliver(webhook, claimed, delivery)
        .catch(onError)
        .finally(() => {
          place[Symbol.dispose]();
          underWay.delete(sent);
          if (!isStopping) void look();
        });
      underWay.add(sent);
    }
    return claimed.deliveries.length;
  }

  async function deliver(
    webhook: DueWebhook,
    claimed: ClaimedDeliveries,
    delivery: ClaimedDelivery,
  ): Promise<void> {
    const startedAt = performance.now();
    const settle = (outcome: DeliveryOutcome) =>
      store.execute(
        'settleDelivery',
        { webhookId: webhook.id, id: delivery.id, attempt: delivery.attempt, outcome },
        // The server itself makes the webhook inactive.
        outcome.kind === 'failed' && outcome.isGone
          ? originWithoutRequest('server', webhook.organizationId, Date.now())
          : undefined,
      );
    const result = await send(webhook, claimed, delivery);
    if (result === undefined) {
      await settle({ kind: 'released' });
      return;
    }
    const { status } = result;
    const ms = performance.now() - startedAt;
    const report = (outcome: WebhookAttempt['outcome'], error: string | null, retryInMs: number | null) =>
      options.onAttempt({
        outcome,
        organizationId: webhook.organizationId,
        webhookId: webhook.id,
        deliveryId: delivery.id,
        event: delivery.type,
        attempt: delivery.attempt,
        status,
        error,
        ms,
        retryInMs,
      });
    if (result.kind === 'delivered') {
      await settle({ kind: 'delivered', responseStatus: result.status });
      return report('delivered', null, null);
    }
    const { error, retryAfterMs } = result;
    const isGone = status === goneStatus;
    const triedForMs = delivery.triedForMs + ms;
    const retryInMs = isGone
      ? null
      : retryDelayMs({ attempt: delivery.attempt, triedForMs }, retryAfterMs, random);
    await settle({ kind: 'failed', responseStatus: status, error, retryInMs, retryAfterMs, isGone });
    report(isGone ? 'gone' : retryInMs === null ? 'failed' : 'retried', error, retryInMs);
  }

  /** Undefined where the server stops. */
  async function send(
    { id: webhookId, organizationId }: DueWebhook,
    { url, secretEncrypted, addressIsGuarded }: ClaimedDeliveries,
    { id, type, data, createdAt }: ClaimedDelivery,
  ): Promise<AttemptResult | undefined> {
    let secret: string;
    try {
      secret = options.openSecret(secretEncrypted, webhookId);
    } catch (error) {
      onError(error);
      return {
        kind: 'failed',
        status: null,
        error: 'its secret can’t be opened: the server has another COLLOQUY_SECRET',
        retryAfterMs: 0,
      };
    }
    const body = JSON.stringify(toWebhookMessage({ type, organizationId, data, createdAt }));
    const message = { id: webhookMessageId(id), epochMs: Date.now(), body };
    try {
      return await attemptDelivery({
        url,
        headers: signedHeaders(secret, message),
        body,
        dispatcher: addressIsGuarded ? options.guarded : options.dispatcher,
        timeoutMs,
        signal: stopping.signal,
      });
    } catch (error) {
      if (stopping.signal.aborted) return undefined;
      throw error;
    }
  }

  const looks = every(intervalMs, look, onError);
  return {
    async [Symbol.asyncDispose]() {
      isStopping = true;
      isAskedAgain = false;
      looks[Symbol.dispose]();
      await looking;
      const ended = Promise.all(underWay);
      const late = new AbortController();
      await Promise.race([
        ended,
        sleep(graceMs, undefined, { signal: late.signal, ref: false }).catch(() => {}),
      ]);
      late.abort();
      stopping.abort();
      await ended;
    },
  };
}
