/**
 * Secrets and signatures of webhooks, as Standard Webhooks has them
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
import { createHmac, randomBytes } from 'node:crypto';

const prefix = 'whsec_';
const secretBytes = 32;

/** `whsec_` and base64 of 32 random bytes. */
export function generateWebhookSecret(): string {
  return prefix + randomBytes(secretBytes).toString('base64');
}

/** The headers of a message. @param id the same at each attempt; `epochMs` is the time of this one */
export function signedHeaders(
  secret: string,
  { id, epochMs, body }: { readonly id: string; readonly epochMs: number; readonly body: string },
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(epochMs / 1000));
  const key = Buffer.from(secret.slice(prefix.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
