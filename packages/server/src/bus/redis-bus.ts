/**
 * The bus on Redis (7 or later) or Valkey: one connection that sends and one that listens. Twice a second the bus sends
 * itself a beat; while none comes back it counts as away, whatever the sockets say.
 */
import { type Bus, BusAwayError, BusConfigError, type SharedScript } from './bus.ts';
import { lastingConnection, type RedisConnection, textOf, tryAddress } from './redis-connection.ts';

export interface RedisBusOptions {
  /** `redis://` or `rediss://`, with user, password and database where they are needed. */
  readonly url: string;
  /** What tells the servers of this store from others on the same Redis. */
  readonly store: string;
  /** An id of this process. */
  readonly process: string;
  /** It went away, with the reason, or came back. */
  onChange?(problem: string | undefined): void;
}

const beatMs = 500;
/** Beats without an answer after which the bus counts as away. */
const lostAfterMs = 1500;
/** A start waits so long for the first beat, where Redis has answered before. */
const firstBeatMs = 5000;
/** Characters that wait to be sent at most; what is more is lost. */
const maxWaiting = 16 * 1024 * 1024;
/** What a script may take before whoever called it goes on without. */
const scriptTimeoutMs = 2000;
/** A close waits so long for what is still to be sent. */
const closeMs = 500;

/** Resolves though Redis can't be reached now. @throws BusConfigError for an address that can't work */
export async function openRedisBus(options: RedisBusOptions): Promise<Bus> {
  const bus = new RedisBus(options);
  try {
    await tryAddress(options.url);
  } catch (error) {
    if (error instanceof BusConfigError) throw error;
    bus.wentAway(textOf(error));
  }
  await bus.start();
  return bus;
}

class RedisBus implements Bus {
  readonly isShared = true;
  readonly #options: RedisBusOptions;
  readonly #prefix: string;
  readonly #sender: RedisConnection;
  readonly #receiver: RedisConnection;
  readonly #topics = new Map<string, Set<(message: string) => void>>();
  readonly #changes = new Set<(isUp: boolean) => void>();
  readonly #beatTopic: string;
  #beats: NodeJS.Timeout | undefined;
  /** When the oldest beat was sent that has not come back, by `performance.now()`. */
  #beatSentAt: number | undefined;
  #isUp = false;
  #isClosed = false;
  #problem: string | undefined;
  #waiting = 0;

  constructor(options: RedisBusOptions) {
    this.#options = options;
    const database = /^\/(\d+)/.exec(new URL(options.url).pathname)?.[1] ?? '0';
    // Channels do not belong to a database of Redis, so its number is a part of their names.
    this.#prefix = `colloquy:${options.store}:${database}:`;
    this.#beatTopic = `beat:${options.process}`;
    this.#sender = lastingConnection(options.url);
    this.#receiver = lastingConnection(options.url);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** Connects; waits for the first beat, but not for long. */
  async start(): Promise<void> {
    this.subscribe(this.#beatTopic, () => this.#beatCame());
    for (const client of [this.#sender, this.#receiver]) {
      client.on('error', (error: unknown) => this.wentAway(textOf(error)));
      client.on('reconnecting', () => this.wentAway(this.#problem ?? 'the connection broke'));
    }
    this.#receiver.on('ready', () => void this.#subscribeAll());
    this.#sender.on('ready', () => this.#beat());
    this.#beats = setInterval(() => this.#look(), beatMs).unref();
    const { promise: isFirst, resolve } = Promise.withResolvers<void>();
    using _first = this.onChange(() => resolve());
    // A connection that is closed before it ever came up rejects.
    for (const client of [this.#sender, this.#receiver]) client.connect().catch(() => undefined);
    const timer = setTimeout(resolve, this.#problem === undefined ? firstBeatMs : 0);
    await isFirst;
    clearTimeout(timer);
    if (!this.#isUp) this.wentAway(this.#problem ?? 'no message has come through yet');
  }

  async publish(topic: string, message: string): Promise<number | undefined> {
    if (!this.#isUp || this.#waiting + message.length > maxWaiting) return undefined;
    return await this.#send(topic, message);
  }

  async #send(topic: string, message: string): Promise<number | undefined> {
    this.#waiting += message.length;
    try {
      return await this.#sender.publish(this.#prefix + topic, message);
    } catch {
      return undefined;
    } finally {
      this.#waiting -= message.length;
    }
  }

  subscribe(topic: string, listener: (message: string) => void): Disposable {
    const listeners = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, listeners);
    // Two subscribers may share a function.
    const own = (message: string): void => listener(message);
    listeners.add(own);
    if (listeners.size === 1 && this.#receiver.isReady) void this.#subscribeTo(topic);
    return {
      [Symbol.dispose]: () => {
        listeners.delete(own);
        if (listeners.size > 0 || this.#topics.get(topic) !== listeners) return;
        this.#topics.delete(topic);
        if (this.#receiver.isReady)
          this.#receiver.unsubscribe(this.#prefix + topic, this.#receive).catch(() => undefined);
      },
    };
  }

  onChange(listener: (isUp: boolean) => void): Disposable {
    const own = (isUp: boolean): void => listener(isUp);
    this.#changes.add(own);
    return { [Symbol.dispose]: () => void this.#changes.delete(own) };
  }

  async run(script: SharedScript, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    if (!this.#isUp) throw new BusAwayError(this.#problem ?? 'it is not connected yet');
    const given = { keys: keys.map((key) => this.#prefix + key), arguments: [...args] };
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      // What has come while the event loop was busy is read first.
      setImmediate(() => reject(new BusAwayError('it takes too long')));
    }, scriptTimeoutMs);
    try {
      return await Promise.race([this.#evaluate(script, given), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #evaluate(script: SharedScript, given: { keys: string[]; arguments: string[] }): Promise<unknown> {
    try {
      return await this.#sender.evalSha(script.sha, given);
    } catch (error) {
      const text = textOf(error);
      if (text.startsWith('NOSCRIPT')) return await this.#sender.eval(script.lua, given);
      throw this.#sender.isReady ? error : new BusAwayError(text);
    }
  }

  readonly #receive = (message: string, channel: string): void => {
    const listeners = this.#topics.get(channel.slice(this.#prefix.length));
    for (const listener of [...(listeners ?? [])]) listener(message);
  };

  async #subscribeAll(): Promise<void> {
    await Promise.all([...this.#topics.keys()].map((topic) => this.#subscribeTo(topic)));
    this.#beat();
  }

  #subscribeTo(topic: string): Promise<void> {
    return this.#receiver
      .subscribe(this.#prefix + topic, this.#receive)
      .catch((error: unknown) => this.wentAway(textOf(error)));
  }

  /** What has come while the event loop was busy is read before a beat counts as lost. */
  #look(): void {
    setImmediate(() => {
      if (this.#beatSentAt !== undefined && performance.now() - this.#beatSentAt > lostAfterMs)
        this.wentAway(this.#problem ?? 'it does not answer');
      this.#beat();
    });
  }

  #beat(): void {
    const now = performance.now();
    if (!this.#sender.isReady || !this.#receiver.isReady) return;
    this.#beatSentAt ??= now;
    void this.#send(this.#beatTopic, '');
  }

  #beatCame(): void {
    this.#beatSentAt = undefined;
    if (this.#isUp || this.#isClosed) return;
    this.#isUp = true;
    this.#problem = undefined;
    this.#options.onChange?.(undefined);
    for (const listener of [...this.#changes]) listener(true);
  }

  wentAway(reason: string): void {
    const isNews = this.#isUp || this.#problem === undefined;
    this.#problem = reason;
    this.#beatSentAt = undefined;
    if (!isNews || this.#isClosed) return;
    const wasUp = this.#isUp;
    this.#isUp = false;
    this.#options.onChange?.(reason);
    if (wasUp) for (const listener of [...this.#changes]) listener(false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#isUp = false;
    clearInterval(this.#beats);
    await Promise.all([this.#sender, this.#receiver].map(close));
  }
}

async function close(client: RedisConnection): Promise<void> {
  if (client.isReady) {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, closeMs);
    await Promise.race([client.close().catch(() => undefined), late]);
    clearTimeout(timer);
  }
  if (client.isOpen) client.destroy();
}
