/** What a browser's cookie or a link bears: 256 random bits. Only its SHA-256 is stored, as of API keys. */
import { randomBytes } from 'node:crypto';
import { hashApiKey } from '../api-keys.ts';

export interface BearerSecret {
  /** Characters of base64url. */
  readonly secret: string;
  readonly hash: string;
}

export function newBearerSecret(): BearerSecret {
  const secret = randomBytes(32).toString('base64url');
  return { secret, hash: hashApiKey(secret) };
}

/** The hash of what somebody bears; undefined for what can't be such a secret. */
export function hashOfSecret(secret: string): string | undefined {
  return /^[\w-]{43}$/.test(secret) ? hashApiKey(secret) : undefined;
}
