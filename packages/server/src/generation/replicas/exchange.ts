/**
 * What the servers of one store tell each other about generations, over the bus: committed events to whoever reads them
 * elsewhere, cancels to whoever runs them, and that something is worth a look. All of it may be lost; the store has it.
 */
import type { Bus } from '../../bus/bus.ts';
import type { Database } from '../../store/store.ts';
import type { Following, LiveDirectory, Lives, LogTail, ReaderDirectory } from '../log/live-generations.ts';
import { everybody, ownerTopic, parseMessage, type ReplicaMessage, serverTopic } from './messages.ts';
import { RemoteTails } from './remote-tails.ts';
import { Watchers } from './watchers.ts';

export interface ExchangeOptions {
  readonly bus: Bus;
  /** An id of this process. */
  readonly server: string;
  readonly lives: Lives;
  readonly reads: Database;
  /** Another server has ended its lease: what it ran can be claimed. */
  onReleased(): void;
  onError(error: unknown): void;
}

/** A message without who sends it. */
type Content<M = ReplicaMessage> = M extends unknown ? Omit<M, 'from'> : never;

export class Exchange implements ReaderDirectory, Disposable {
  readonly #options: ExchangeOptions;
  readonly #tails: RemoteTails;
  readonly #watchers: Watchers;
  readonly #subscriptions: Disposable[];
  #ownTopic: Disposable | undefined;
  #owner: number | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { bus, server, lives, reads, onError } = options;
    this.#tails = new RemoteTails({
      reads,
      isConnected: () => bus.isUp,
      ask: (owner, ids) => void this.#send(ownerTopic(owner), { kind: 'watch', ids }),
      unwatch: (owner, ids) => void this.#send(ownerTopic(owner), { kind: 'unwatch', ids }),
      wake: (id) => lives.wake(id),
      isHere: (id) => lives.find(id) !== undefined,
      onError,
    });
    this.#watchers = new Watchers({
      lives,
      sendRuns: (to, runs) => this.#send(serverTopic(to), { kind: 'events', owner: this.#owner ?? 0, runs }),
      sendLeft: (to, ids) => void this.#send(serverTopic(to), { kind: 'left', ids }),
    });
    const take = (text: string): void => this.#take(text);
    this.#subscriptions = [
      bus.subscribe(everybody, take),
      bus.subscribe(serverTopic(server), take),
      bus.onChange((isUp) => this.#changed(isUp)),
    ];
  }

  find(generationId: string): ReturnType<LiveDirectory['find']> {
    return this.#options.lives.find(generationId);
  }

  findTail(generationId: string): LogTail | undefined {
    return this.find(generationId) ?? this.#tails.find(generationId);
  }

  isAbandoned(generationId: string): boolean {
    return this.#options.lives.isAbandoned(generationId);
  }

  onWake(generationId: string, wake: () => void): Disposable {
    return this.#options.lives.onWake(generationId, wake);
  }

  follow(generationId: string): Following {
    return this.#tails.follow(generationId);
  }

  /** This process is this owner from now on. */
  becomes(owner: number): void {
    this.#ownTopic?.[Symbol.dispose]();
    this.#owner = owner;
    this.#ownTopic = this.#options.bus.subscribe(ownerTopic(owner), (text) => this.#take(text));
  }

  /** Something has happened to these generations: readers on all servers look. */
  wake(ids: readonly string[]): void {
    void this.#send(everybody, { kind: 'wake', ids });
  }

  /** Whoever runs these generations, and whose cancel is stored, ends them. */
  cancel(ids: readonly string[]): void {
    void this.#send(everybody, { kind: 'cancel', ids });
  }

  /** This server has ended its lease. */
  async released(): Promise<void> {
    await this.#send(everybody, { kind: 'released' });
  }

  async #send(topic: string, content: Content): Promise<number | undefined> {
    const { bus, server } = this.#options;
    if (!bus.isUp) return undefined;
    return await bus.publish(topic, JSON.stringify({ from: server, ...content }));
  }

  #changed(isUp: boolean): void {
    this.#watchers.clear();
    this.#tails.lose();
    if (isUp && this.#owner !== undefined) void this.#send(everybody, { kind: 'joined', owner: this.#owner });
  }

  #take(text: string): void {
    const message = parseMessage(text);
    if (message === undefined || message.from === this.#options.server) return;
    switch (message.kind) {
      case 'watch':
        this.#watchers.watch(message.from, message.ids);
        break;
      case 'unwatch':
        this.#watchers.unwatch(message.from, message.ids);
        break;
      case 'events':
        this.#tails.take(message.owner, message.runs);
        break;
      case 'left':
        this.#tails.left(message.ids);
        break;
      case 'wake':
        this.#tails.news(message.ids);
        break;
      case 'joined':
        this.#tails.lose(message.owner);
        break;
      case 'cancel':
        this.#cancelHere(message.from, message.ids);
        break;
      case 'released':
        this.#options.onReleased();
        break;
    }
  }

  #cancelHere(from: string, ids: readonly string[]): void {
    for (const id of ids) {
      const live = this.#options.lives.find(id);
      if (live === undefined) continue;
      live.cancel();
      void live.ended.then(() => this.#send(serverTopic(from), { kind: 'wake', ids: [id] }));
    }
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#ownTopic?.[Symbol.dispose]();
    this.#tails[Symbol.dispose]();
  }
}
