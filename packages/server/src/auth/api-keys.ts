/** API keys: `sk_<type>_` and 256 random bits as base64url. Only the hash of a key is stored. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiKeyType } from '../domain/api-key.ts';

const secretBytes = 32;
/** Visible characters of the secret; more than 200 bits stay hidden. */
const visibleCharacters = 6;

export interface GeneratedApiKey {
  /** The whole key, which is shown once and stored nowhere. */
  readonly key: string;
  /** The part of the key that stays visible. */
  readonly prefix: string;
  readonly hash: string;
}

export function generateApiKey(
  type: ApiKeyType,
  random: (bytes: number) => Buffer = randomBytes,
): GeneratedApiKey {
  const key = `sk_${type}_${random(secretBytes).toString('base64url')}`;
  return { key, prefix: apiKeyPrefix(key), hash: hashApiKey(key) };
}

/** `sk_prod_` and the first characters of the secret. */
export function apiKeyPrefix(key: string): string {
  const start = /^sk_[a-z]+_/.exec(key)?.[0].length ?? 0;
  return key.slice(0, start + visibleCharacters);
}

/** SHA-256 in hex. A key has 256 bits of randomness, so that a slow hash would add nothing. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Compares two hashes in constant time. */
export function hashesEqual(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
