/**
 * Sends the events of generations that run here to the servers that watch them: once they are committed, and one message
 * a server for all that one commit held. What nobody watches costs nothing.
 */
import type { EventRun } from '../../domain/event.ts';
import type { LiveGeneration, LiveListener } from '../log/live-generation.ts';
import type { LiveDirectory } from '../log/live-generations.ts';
import type { SentRun } from './messages.ts';

export interface WatchersOptions {
  readonly lives: Pick<LiveDirectory, 'find'>;
  /** Resolves with how many servers got it, undefined where the message was lost. */
  sendRuns(server: string, runs: readonly SentRun[]): Promise<number | undefined>;
  sendLeft(server: string, ids: readonly string[]): void;
}

/** Characters of a message, about: what is more goes in a further one. */
const maxMessageCharacters = 256 * 1024;

interface Watch extends LiveListener {
  readonly server: string;
  readonly live: LiveGeneration;
}

interface Outbox {
  runs: SentRun[];
  left: string[];
}

export class Watchers {
  readonly #options: WatchersOptions;
  /** By server, then by the generation's id. */
  readonly #watches = new Map<string, Map<string, Watch>>();
  readonly #outboxes = new Map<string, Outbox>();

  constructor(options: WatchersOptions) {
    this.#options = options;
  }

  /** Answers with what no segment holds, and sends what follows. */
  watch(server: string, ids: readonly string[]): void {
    const watches = this.#watches.get(server) ?? new Map<string, Watch>();
    this.#watches.set(server, watches);
    for (const id of ids) {
      const live = this.#options.lives.find(id);
      if (live === undefined) {
        this.#outboxOf(server).left.push(id);
        continue;
      }
      if (watches.get(id)?.live !== live) {
        const watch = this.#begin(server, live);
        watches.set(id, watch);
        live.addListener(watch);
      }
      const run = live.committedAfter(live.segmentedSeq);
      if (run !== undefined) this.#put(server, live, run, true);
    }
  }

  unwatch(server: string, ids: readonly string[]): void {
    const watches = this.#watches.get(server);
    for (const id of ids) {
      const watch = watches?.get(id);
      watch?.live.removeListener(watch);
      watches?.delete(id);
    }
    if (watches?.size === 0) this.#watches.delete(server);
  }

  /** Nobody can be reached, or nobody is to be: whoever is there asks again. */
  clear(): void {
    for (const server of [...this.#watches.keys()]) this.#forget(server);
    this.#outboxes.clear();
  }

  #begin(server: string, live: LiveGeneration): Watch {
    return {
      server,
      live,
      onRun: (run) => this.#put(server, live, run, false),
      onLeft: () => {
        this.#watches.get(server)?.delete(live.id);
        // The end of a log says enough.
        if (live.state !== 'ended') this.#outboxOf(server).left.push(live.id);
      },
    };
  }

  #put(server: string, live: LiveGeneration, { firstSeq, events }: EventRun, isAnswer: boolean): void {
    const { id, segmentedSeq } = live;
    this.#outboxOf(server).runs.push({ id, firstSeq, events, segmentedSeq, isAnswer });
  }

  /** Whatever is put into it before the event loop goes on is sent together. */
  #outboxOf(server: string): Outbox {
    const waiting = this.#outboxes.get(server);
    if (waiting !== undefined) return waiting;
    const outbox: Outbox = { runs: [], left: [] };
    this.#outboxes.set(server, outbox);
    queueMicrotask(() => {
      if (this.#outboxes.get(server) !== outbox) return;
      this.#outboxes.delete(server);
      this.#send(server, outbox);
    });
    return outbox;
  }

  #send(server: string, { runs, left }: Outbox): void {
    for (let from = 0; from < runs.length; ) {
      const some: SentRun[] = [];
      for (let characters = 0; from < runs.length && characters < maxMessageCharacters; from += 1) {
        const run = runs[from] as SentRun;
        for (const event of run.events) characters += typeof event === 'string' ? event.length + 3 : 200;
        some.push(run);
      }
      void this.#options.sendRuns(server, some).then((receivers) => {
        if (receivers === 0) this.#forget(server);
      });
    }
    if (left.length > 0) this.#options.sendLeft(server, left);
  }

  #forget(server: string): void {
    const watches = this.#watches.get(server);
    this.#watches.delete(server);
    for (const watch of watches?.values() ?? []) watch.live.removeListener(watch);
  }
}
