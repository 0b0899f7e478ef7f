/** Prometheus metrics of webhooks. */
import { Counter, Histogram, type Registry } from 'prom-client';
import { webhookEvents } from '../../domain/webhooks/webhook.ts';
import { attemptOutcomes, type WebhookAttempt } from '../../webhooks/sender.ts';

export interface WebhookMetrics {
  /** Counts an attempt to deliver something. */
  count(attempt: WebhookAttempt): void;
}

/** Seconds. */
const bucketsSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

export function webhookMetrics(registry: Registry): WebhookMetrics {
  const registers = [registry];
  const attempts = new Counter({
    name: 'colloquy_webhook_attempts_total',
    help: 'Attempts to deliver an event to a webhook, by how they ended: delivered, retried, failed for good, gone',
    labelNames: ['event', 'outcome'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'colloquy_webhook_attempt_seconds',
    help: 'What attempts to deliver an event to a webhook took',
    buckets: bucketsSeconds,
    registers,
  });
  // A series that is there from the start shows its first increase.
  for (const event of webhookEvents)
    for (const outcome of attemptOutcomes) attempts.inc({ event, outcome }, 0);
  return {
    count({ event, outcome, ms }) {
      attempts.inc({ event, outcome });
      seconds.observe(ms / 1000);
    },
  };
}
