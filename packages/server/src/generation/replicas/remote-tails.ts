/**
 * The generations that readers of this server follow and that it does not run. Their owners are asked for their events;
 * whatever becomes of that, all of them are looked up in the store now and then, in one query, and readers are woken
 * where it has more for them.
 */
import { every, type Repetition } from '../../concurrency/every.ts';
import { isTerminal } from '../../domain/generation.ts';
import { type GenerationHead, readHeads } from '../../store/queries/generations.ts';
import type { Database } from '../../store/store.ts';
import type { Following, LogTail } from '../log/live-generations.ts';
import type { SentRun } from './messages.ts';
import { RemoteTail } from './remote-tail.ts';

export interface RemoteTailsOptions {
  readonly reads: Database;
  /** Whether owners can be asked now. */
  isConnected(): boolean;
  /** Asks an owner for the events of generations. */
  ask(owner: number, ids: readonly string[]): void;
  /** Tells an owner that nobody here reads these any more. */
  unwatch(owner: number, ids: readonly string[]): void;
  /** Lets the readers of a generation look again. */
  wake(generationId: string): void;
  /** Whether this server runs the generation, so that nobody needs to be asked. */
  isHere(generationId: string): boolean;
  onError(error: unknown): void;
}

/** Between two looks into the store: where owners send nothing, and where they do. */
const lookMs = 500;
const looksWhileConnected = 2;
const idsAtOnce = 500;
/** An owner that has not answered is asked again. */
const askAgainMs = 900;
/** What nobody reads is kept so long, for a reader that comes back. */
const lingerMs = 5000;

interface Followed {
  readonly tail: RemoteTail;
  readers: number;
  leftAt: number;
  /** The owner that was asked last, and when, by `performance.now()`. */
  owner: number | undefined;
  askedAt: number | undefined;
  /** What the last look showed. */
  seen: string | undefined;
}

export class RemoteTails implements Disposable {
  readonly #options: RemoteTailsOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #asks = new Map<number, Set<string>>();
  readonly #looks: Repetition;
  #lookCount = 0;

  constructor(options: RemoteTailsOptions) {
    this.#options = options;
    this.#looks = every(lookMs, () => this.#look(), options.onError);
  }

  find(generationId: string): LogTail | undefined {
    const tail = this.#followed.get(generationId)?.tail;
    return tail?.isLive ? tail : undefined;
  }

  follow(generationId: string): Following {
    let followed = this.#followed.get(generationId);
    if (followed === undefined) {
      const tail = new RemoteTail();
      followed = { tail, readers: 0, leftAt: 0, owner: undefined, askedAt: undefined, seen: undefined };
      this.#followed.set(generationId, followed);
    }
    const one = followed;
    one.readers += 1;
    let isOver = false;
    return {
      ask: (owner) => this.#ask(generationId, one, owner),
      [Symbol.dispose]() {
        if (isOver) return;
        isOver = true;
        one.readers -= 1;
        one.leftAt = performance.now();
      },
    };
  }

  #ask(id: string, followed: Followed, owner: number | null): void {
    if (owner === null || !this.#options.isConnected()) return;
    const now = performance.now();
    if (followed.owner === owner) {
      if (followed.tail.isLive) return;
      if (followed.askedAt !== undefined && now - followed.askedAt < askAgainMs) return;
    }
    followed.owner = owner;
    followed.askedAt = now;
    const waiting = this.#asks.get(owner);
    if (waiting !== undefined) {
      waiting.add(id);
      return;
    }
    this.#asks.set(owner, new Set([id]));
    // What is asked for together goes in one message.
    queueMicrotask(() => {
      const ids = [...(this.#asks.get(owner) ?? [])];
      this.#asks.delete(owner);
      this.#options.ask(owner, ids);
    });
  }

  /** Takes what an owner sent. */
  take(owner: number, runs: readonly SentRun[]): void {
    const unknown: string[] = [];
    for (const run of runs) {
      const followed = this.#followed.get(run.id);
      if (followed === undefined) {
        unknown.push(run.id);
        continue;
      }
      const outcome = followed.tail.take(run);
      if (outcome === 'lost') followed.askedAt = undefined;
      if (outcome === 'began' || outcome === 'lost') this.#options.wake(run.id);
    }
    if (unknown.length > 0) this.#options.unwatch(owner, unknown);
  }

  /** Their owner runs them no more, or not yet: it is asked again after a while, or when somebody says so. */
  left(ids: readonly string[]): void {
    for (const id of ids) {
      const followed = this.#followed.get(id);
      if (followed === undefined) continue;
      followed.askedAt = performance.now();
      followed.tail.lose();
      this.#options.wake(id);
    }
  }

  /** Something has happened to these: their readers look, and their owners are asked at once. */
  news(ids: Iterable<string>): void {
    for (const id of ids) {
      const followed = this.#followed.get(id);
      if (followed !== undefined) followed.askedAt = undefined;
      this.#options.wake(id);
    }
  }

  /** What these owners were to send is not coming; without an argument: what all were to. */
  lose(owner?: number): void {
    for (const [id, followed] of this.#followed) {
      if (owner !== undefined && followed.owner !== owner) continue;
      followed.askedAt = undefined;
      followed.tail.lose();
      this.#options.wake(id);
    }
  }

  async #look(): Promise<void> {
    this.#forgetLeft();
    this.#lookCount += 1;
    if (this.#options.isConnected() && this.#lookCount % looksWhileConnected !== 0) return;
    const ids = [...this.#followed]
      .filter(([id, { readers }]) => readers > 0 && !this.#options.isHere(id))
      .map(([id]) => id);
    for (let from = 0; from < ids.length; from += idsAtOnce) {
      const some = ids.slice(from, from + idsAtOnce);
      const heads = await readHeads(this.#options.reads, some);
      for (const id of some) this.#compare(id, heads.get(id));
    }
  }

  #compare(id: string, head: GenerationHead | undefined): void {
    const followed = this.#followed.get(id);
    if (followed === undefined) return;
    const { tail } = followed;
    const seen = head === undefined ? 'gone' : `${head.status} ${head.owner} ${head.lastSeq}`;
    const isNew = seen !== followed.seen;
    followed.seen = seen;
    const isOver = head === undefined || isTerminal(head.status);
    if (tail.isLive && (isOver || head.lastSeq > tail.lastSeq || head.owner !== followed.owner)) {
      // Nothing more comes from there, or not all of it.
      followed.askedAt = undefined;
      tail.lose();
      this.#options.wake(id);
      return;
    }
    const isWaiting = !tail.isLive || tail.listenerCount < followed.readers;
    if (isWaiting && (isNew || this.#options.isConnected())) this.#options.wake(id);
  }

  #forgetLeft(): void {
    const before = performance.now() - lingerMs;
    for (const [id, { readers, leftAt, tail, owner }] of this.#followed) {
      if (readers > 0 || leftAt > before) continue;
      this.#followed.delete(id);
      if (tail.isLive && owner !== undefined) this.#options.unwatch(owner, [id]);
      tail.lose();
    }
  }

  [Symbol.dispose](): void {
    this.#looks[Symbol.dispose]();
  }
}
