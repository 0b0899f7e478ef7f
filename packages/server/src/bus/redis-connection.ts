/** Connections to Redis: their options, and what is wrong with an address that will never work. */
import { createClient, type RedisClientOptions } from '@redis/client';
import { BusConfigError } from './bus.ts';

const connectTimeoutMs = 2000;
/** Between two tries to connect, at most. */
const longestBackoffMs = 1000;
/** A connection on which nothing has moved for so long is dead; the bus itself sends twice a second. */
const silenceMs = 15_000;

const options = {
  maintNotifications: 'disabled',
  // What can't be sent now is lost; it is not to be sent late.
  disableOfflineQueue: true,
} as const satisfies Partial<RedisClientOptions>;

export type RedisConnection = ReturnType<typeof connection>;

function connection(url: string, reconnectStrategy: false | ((retries: number) => number)) {
  return createClient({
    ...options,
    url,
    socket: { connectTimeout: connectTimeoutMs, socketTimeout: silenceMs, reconnectStrategy },
  });
}

/** A connection that comes back by itself, however often it is lost. It is not connected yet. */
export function lastingConnection(url: string): RedisConnection {
  return connection(
    url,
    (retries) => Math.min(longestBackoffMs, 50 * 2 ** Math.min(retries, 10)) + Math.random() * 100,
  );
}

/** Tries the address once. @throws BusConfigError, or why Redis can't be reached now */
export async function tryAddress(url: string): Promise<void> {
  let client: RedisConnection;
  try {
    client = connection(url, false);
  } catch (error) {
    throw new BusConfigError(`the address is not one of Redis (${textOf(error)})`, error);
  }
  const { promise: failure, reject } = Promise.withResolvers<never>();
  client.on('error', reject);
  const timer = setTimeout(() => reject(new Error('Redis does not answer')), 2 * connectTimeoutMs);
  try {
    await Promise.race([client.connect().then(() => client.ping()), failure]);
  } catch (error) {
    const found = lasting(error);
    throw found === undefined ? error : new BusConfigError(found, error);
  } finally {
    clearTimeout(timer);
    if (client.isOpen) client.destroy();
  }
}

/** What is wrong for as long as nobody changes it; undefined of what may pass. */
function lasting(error: unknown): string | undefined {
  const text = textOf(error);
  if (/^(WRONGPASS|NOAUTH|NOPERM)\b|AUTH/.test(text))
    return `Redis refuses the user or the password (${text})`;
  if (/DB index|invalid DB/i.test(text)) return `Redis does not have this database (${text})`;
  if (/Unknown RESP type|unexpected.*reply/i.test(text)) return `what answers there is not Redis (${text})`;
  return undefined;
}

export function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return textOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
