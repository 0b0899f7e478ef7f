/** What the engine is given; `server.ts` composes it. */
import type { Bus } from '../bus/bus.ts';
import type { Logger } from '../domain/logger.ts';
import type { Limiter } from '../limits/limiter.ts';
import type { Researcher } from '../research/research.ts';
import type { Store } from '../store/store.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { ModelRegistry } from './plan/plan.ts';
import type { BreakerOptions } from './running/breakers.ts';
import type { EndedGeneration } from './running/ended.ts';

export interface EphemeralOptions {
  /** From a generation's end to its erasure. */
  readonly ttlMs: number;
  /** How long nobody may listen before it is cancelled; 0: for ever. */
  readonly abandonMs: number;
}

export const usualEphemeral: EphemeralOptions = { ttlMs: 600_000, abandonMs: 15_000 };

export interface EngineOptions {
  readonly store: Store;
  readonly models: ModelRegistry;
  readonly leaseMs: number;
  /** Researches the web for answers; without it, answers are given without the web. */
  readonly researcher?: Researcher;
  readonly now?: () => number;
  /** Whether models name new conversations, where their organization says nothing. Default: they keep their first words as titles. */
  readonly titles?: boolean;
  /** Whether models summarise what no longer fits, where the organization says nothing. Default true. */
  readonly summaries?: boolean;
  readonly log: Pick<Logger, 'debug' | 'warn' | 'error'>;
  /** Counts what is limited by the minute, and what is open at once. Default: this engine alone does. */
  readonly limiter?: Limiter;
  /** Reaches the other servers on the same store. Default: there are none, or only the store reaches them. */
  readonly bus?: Bus;
  /** When calls of a provider are not made for a while, where there is another model to ask. */
  readonly breakers?: BreakerOptions;
  /** Of what is not stored for good. Default: erased 600 s after its end, and cancelled once nobody has listened for 15 s. */
  readonly ephemeral?: EphemeralOptions;
  /** Called before a new turn is accepted. @throws AppError overloaded, to refuse it */
  readonly admitTurn?: () => void;
  /** Makes spans of the generations that run. Default: none. */
  readonly tracing?: Tracing;
  /** A row of the journal is committed, within so many milliseconds. */
  readonly onCommitted?: (ms: number) => void;
  /** Called once for each generation whose end this process has stored. */
  readonly onEnded?: (ended: EndedGeneration) => void;
}
