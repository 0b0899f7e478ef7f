/** The limiter of a server: it counts on Redis where the bus is one, else in the process. */
import type { Bus } from '../bus/bus.ts';
import { createProcessLimiter, type Limiter } from './limiter.ts';
import { createSharedLimiter } from './shared-limiter.ts';

export interface LimiterOptions {
  readonly bus: Bus;
  /** An id of this process. */
  readonly server: string;
  /** Epoch milliseconds. */
  now(): number;
  /** How many servers are on the store. */
  servers(): number;
  onError(error: unknown): void;
}

export function createLimiter({
  bus,
  server,
  now,
  servers,
  onError,
}: LimiterOptions): Limiter & AsyncDisposable {
  const local = createProcessLimiter(now, servers);
  if (!bus.isShared) return { ...local, async [Symbol.asyncDispose]() {} };
  return createSharedLimiter({ bus, server, local, onError });
}
