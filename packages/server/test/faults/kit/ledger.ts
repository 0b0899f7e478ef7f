/** The record of what the clients of a run did and received, to be compared with the store. */
import { EventEmitter } from 'node:events';
import type { Frame } from 'colloquy-testkit/event-stream';
import type { Dialect } from '../../../src/domain/generation.ts';

/** One reading of one stream. */
export interface Sighting {
  readonly generationId: string;
  readonly dialect: Dialect;
  /** The event id behind which the reading began; empty for the start. */
  readonly after: string;
  frames: readonly Frame[];
}

/** One turn that clients asked for, by one call or by several with one idempotency key. */
export interface Asked {
  readonly question: string;
  readonly key: string | undefined;
  /** Ids of all generations that responses named. */
  readonly generationIds: Set<string>;
  /** Whether a response said that the turn was not accepted. */
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
  /** Cancelled generations, with their status in the response to the cancel. */
  cancels: { readonly generationId: string; readonly status: string }[] = [];
  /** The questions of all model calls, in the order in which the calls came. */
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
  /** Number of streams that ended properly before their generation did, which only a shutdown may cause. */
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

  /** The things that clients are waiting for. */
  readonly waits = new Set<string>();

  /** Waits for work, and notes its name, so that a hanging run can report it. */
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

  /** Removes records that were checked. */
  clear(): void {
    this.asked = new Map();
    this.sightings = [];
    this.cancels = [];
    this.modelCalls = [];
  }
}
