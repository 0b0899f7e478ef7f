/** What the clients of a run did and saw, to be held against the store. */
import { EventEmitter } from 'node:events';
import type { Frame } from 'colloquy-testkit/event-stream';
import type { Dialect } from '../../../src/domain/generation.ts';

/** One reading of one stream. */
export interface Sighting {
  readonly generationId: string;
  readonly dialect: Dialect;
  /** The event id behind which it began; empty: from the start. */
  readonly after: string;
  frames: readonly Frame[];
}

/** One turn that clients asked for, by one call or by several with one idempotency key. */
export interface Asked {
  readonly question: string;
  readonly key: string | undefined;
  /** Every generation that an answer named. */
  readonly generationIds: Set<string>;
  /** An answer said that it was not accepted. */
  refused: boolean;
}

/** Moments at which a kill is worth trying. */
export interface Moments {
  accepted: [];
  'first-frame': [];
  'last-frame': [];
  cancelled: [];
  'upstream-finished': [];
}

export class Ledger {
  readonly moments = new EventEmitter<Moments>();
  readonly violations: string[] = [];
  asked = new Map<string, Asked>();
  sightings: Sighting[] = [];
  /** What a cancel was told of the generation. */
  cancels: { readonly generationId: string; readonly status: string }[] = [];
  /** Calls of the model: questions in the order in which they came. */
  modelCalls: string[] = [];
  readonly totals = {
    turns: 0,
    retries: 0,
    streams: 0,
    resumes: 0,
    events: 0,
    cancels: 0,
    refusals: 0,
    unavailable: 0,
    mostStreams: 0,
  };
  /** Streams that ended properly, but before the generation did: right only where a server shuts down. */
  earlyEnds = 0;
  #openStreams = 0;

  streamOpened(): void {
    this.totals.streams += 1;
    this.#openStreams += 1;
    this.totals.mostStreams = Math.max(this.totals.mostStreams, this.#openStreams);
  }

  streamClosed(frames: number): void {
    this.#openStreams -= 1;
    this.totals.events += frames;
  }

  get openStreams(): number {
    return this.#openStreams;
  }

  /** What clients wait for just now. */
  readonly waits = new Set<string>();

  /** Waits, and lets a run that hangs say for what. */
  async during<T>(what: string, work: Promise<T>): Promise<T> {
    const since = `${what}, since ${new Date().toISOString()}`;
    this.waits.add(since);
    try {
      return await work;
    } finally {
      this.waits.delete(since);
    }
  }

  violate(sentence: string): void {
    this.violations.push(sentence);
  }

  /** Forgets what was checked. */
  clear(): void {
    this.asked = new Map();
    this.sightings = [];
    this.cancels = [];
    this.modelCalls = [];
  }
}
