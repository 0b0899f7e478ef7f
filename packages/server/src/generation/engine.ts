/** The engine: accepts turns, runs them as background jobs, and lets everybody read their logs. */

import { noBus } from '../bus/bus.ts';
import { every, type Repetition } from '../concurrency/every.ts';
import { AppError } from '../domain/errors.ts';
import type { LogEvent } from '../domain/event.ts';
import { newId } from '../domain/ids.ts';
import type { Scope } from '../domain/scope.ts';
import { createLimiter } from '../limits/create-limiter.ts';
import type { Limiter } from '../limits/limiter.ts';
import { StoredLimits } from '../limits/stored-limits.ts';
import type { IdempotencyClaim } from '../store/command.ts';
import { countLiveOwners } from '../store/queries/owners.ts';
import type { Store } from '../store/store.ts';
import { mayPass } from '../store/unavailable.ts';
import { noTracing } from '../tracing/tracing.ts';
import { Afterwards } from './afterwards/afterwards.ts';
import { createLearn } from './calls/learning.ts';
import { SideCalls } from './calls/side-calls.ts';
import { readReceipt } from './context/read-receipt.ts';
import type { ContextReceipt } from './context-receipt.ts';
import { type EngineOptions, usualEphemeral } from './engine-options.ts';
import type {
  AcceptedGeneration,
  EngineReadings,
  GenerationEngine,
  GenerationView,
  LogPlace,
  LogSink,
} from './interface.ts';
import { Lives } from './log/live-generations.ts';
import { LogReader } from './log/log-reader.ts';
import { awaitAnswer, readCommitted, readPlace } from './log/read-log.ts';
import { type Incarnation, incarnate } from './owner/incarnation.ts';
import { Exchange } from './replicas/exchange.ts';
import { Abandoned } from './running/abandoned.ts';
import { Attending } from './running/attending.ts';
import { type EndedGeneration, endedUnstarted } from './running/ended.ts';
import { Runner } from './running/runner.ts';
import type { CountRequest, LateTurnRequest, TurnRequest } from './turn.ts';
import { type Acceptance, acceptRequest, findAnswer, findFirstTry, toAccepted } from './turns/accept.ts';
import { Admission } from './turns/admission.ts';
import { Cancelling } from './turns/cancelling.ts';
import { countInput } from './turns/count-input.ts';
import { getGeneration, toView } from './view.ts';

const watchMs = 1000;

export class Engine implements GenerationEngine, AsyncDisposable {
  readonly #options: EngineOptions;
  readonly #store: Store;
  readonly #now: () => number;
  readonly #lives = new Lives();
  readonly #exchange: Exchange;
  readonly #attending: Attending;
  readonly #afterwards: Afterwards;
  readonly #cancelling: Cancelling;
  readonly #admission: Admission;
  readonly limiter: Limiter;
  readonly #ownLimiter: Limiter & AsyncDisposable;
  readonly storedLimits: StoredLimits;
  readonly #runner: Runner;
  #incarnation: Incarnation | undefined;
  #incarnating: Promise<void> | undefined;
  #watch: Repetition | undefined;
  /** Servers on this store, this one among them. */
  #serverCount = 1;
  #isAccepting = false;
  #isStopping = false;
  readonly #abandoned: Abandoned;
  /** Jobs that are between two states: an acceptance, a start, a finish. */
  readonly #busy = new Set<Promise<unknown>>();

  private constructor(options: EngineOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#now = options.now ?? Date.now;
    const { store, models, breakers, researcher, tracing = noTracing, bus = noBus } = options;
    const server = newId();
    this.#ownLimiter = createLimiter({
      ...{ bus, server, now: this.#now, servers: () => this.#serverCount },
      onError: (error) => this.#warn(error, 'counting limits on Redis failed; this server grants its share'),
    });
    const { limiter = this.#ownLimiter } = options;
    this.limiter = limiter;
    this.storedLimits = new StoredLimits(store, this.#now);
    const [owner, now, storedLimits] = [() => this.#current.owner, this.#now, this.storedLimits];
    const learn = createLearn(store, now, this.#warn.bind(this));
    const sideCalls = new SideCalls({ reads: store.reads, models, limiter, storedLimits, owner, now, learn });
    const { titles = false, summaries = true, log, ephemeral = usualEphemeral } = options;
    this.#abandoned = new Abandoned(ephemeral.abandonMs);
    this.#afterwards = new Afterwards({ store, sideCalls, now, titles, summaries, log });
    this.#admission = new Admission(store.reads, limiter, storedLimits);
    this.#exchange = new Exchange({
      ...{ bus, server, reads: store.reads, lives: this.#lives },
      onReleased: () => this.#background(this.#claim()),
      onError: (error) => this.#warn(error, 'looking after generations of other servers failed'),
    });
    const onStarted = (generationId: string): void => this.#background(this.#attending.attend(generationId));
    this.#runner = new Runner({
      ...{ store, models, breakers, researcher, tracing, sideCalls, learn, now, onStarted },
      ephemeralTtlMs: ephemeral.ttlMs,
      lives: this.#lives,
      current: () => this.#current,
      onAnswered: (job, { status }) => this.#afterwards.afterFinish(job, status),
      onEnded: (ended) => this.#ended(ended),
      onLeft: (generationId) => this.#admission.ended(generationId, 0),
      onTrouble: (error, message, details) => this.#warn(error, message, details),
    });
    this.#attending = new Attending({
      ...{ reads: store.reads, lives: this.#lives, runner: this.#runner },
      owner: () => this.#incarnation?.owner,
      background: (job) => this.#background(job),
      onRuns: (generationId) => this.#exchange.wake([generationId]),
    });
    this.#cancelling = new Cancelling({
      ...{ store, now, owner, onStarted },
      lives: this.#lives,
      servers: this.#exchange,
      onEnded: (generation, outcome) => this.#ended(endedUnstarted(generation, outcome, now())),
    });
  }

  /** Takes a lease, claims what dead processes left, and accepts turns from then on. */
  static async start(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options);
    await engine.#becomeOwner(options.store.engine === 'sqlite');
    engine.#watch = every(
      watchMs,
      () => engine.#lookAround(),
      (error) => engine.#warn(error, 'looking after generations failed'),
    );
    return engine;
  }

  get isAccepting(): boolean {
    return this.#isAccepting;
  }

  async accept(asked: TurnRequest | LateTurnRequest, claim?: IdempotencyClaim): Promise<AcceptedGeneration> {
    const { reads } = this.#store;
    const firstTry = claim && (await findFirstTry(reads, asked.scope, claim));
    if (firstTry !== undefined) return firstTry;
    const request = 'target' in asked ? asked : { ...asked, target: await asked.findTarget() };
    const existing = await findAnswer(reads, request);
    if (existing !== undefined) return existing;
    // A retry attaches to what its first attempt made; it starts nothing.
    if (!this.#isAccepting) {
      throw new AppError('overloaded', 'the server is shutting down', { retry_after_seconds: 1 });
    }
    this.#options.admitTurn?.();
    return this.#track(this.#accept(request, claim));
  }

  countInput(request: CountRequest): Promise<number> {
    const { reads } = this.#store;
    return countInput(request, { reads, models: this.#options.models, now: this.#now() });
  }

  async get(scope: Scope, generationId: string): Promise<GenerationView> {
    const row = await getGeneration(this.#store.reads, scope, generationId);
    return toView(row, this.#lives.find(row.id));
  }

  async contextReceipt(scope: Scope, generationId: string): Promise<ContextReceipt> {
    const row = await getGeneration(this.#store.reads, scope, generationId);
    const { context } = this.#lives.find(row.id) ?? {};
    return readReceipt(this.#store.reads, row, context, () => this.#runner.resolvePlan(row));
  }

  /** Resolves once no summary is being written. */
  summariesWritten(): Promise<void> {
    return this.#afterwards.summariesWritten();
  }

  /** Resolves once what runs now has ended, and no title is being written. */
  async titlesWritten(): Promise<void> {
    await Promise.allSettled([...this.#busy]);
    await this.#afterwards.titlesWritten();
  }

  async cancel(scope: Scope, generationId: string): Promise<GenerationView> {
    const row = await getGeneration(this.#store.reads, scope, generationId);
    await this.#cancelling.cancel(row.id);
    return this.get(scope, row.id);
  }

  cancelWhere(where: Parameters<GenerationEngine['cancelWhere']>[0]): Promise<void> {
    return this.#cancelling.cancelWhere(where);
  }

  async settleBeforeDelete(all: Parameters<GenerationEngine['settleBeforeDelete']>[0]): Promise<void> {
    for (const where of all) await this.cancelWhere(where);
    await this.#current.mover.move();
  }

  subscribe(generationId: string, afterSeq: number, sink: LogSink): LogReader {
    const reader = new LogReader(this.#store.reads, this.#exchange, generationId, afterSeq, sink);
    reader.start();
    return reader;
  }

  readEvents(generationId: string, throughSeq: number): Promise<readonly LogEvent[]> {
    return readCommitted(this.#store.reads, this.#exchange, generationId, throughSeq);
  }

  readPlace(generationId: string, seq: number, isWhole: boolean): Promise<LogPlace | undefined> {
    return readPlace(this.#store.reads, this.#exchange, generationId, seq, isWhole);
  }

  answer(generationId: string, signal?: AbortSignal): ReturnType<GenerationEngine['answer']> {
    return awaitAnswer(this, generationId, signal);
  }

  liveText(generationId: string): string | undefined {
    return this.#lives.find(generationId)?.message.text();
  }

  readings(): EngineReadings {
    return {
      running: this.#lives.size,
      viewers: this.#lives.viewerCount,
      journal: this.#incarnation?.writer.backlog ?? { rows: 0, bytes: 0 },
      backgroundJobs: this.#afterwards.jobCounts,
    };
  }

  /**
   * Takes no more turns, waits up to `graceMs` for what runs, then leaves the rest to the next process: committed,
   * but not ended.
   */
  async drain(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#isAccepting = false;
    const deadline = new Promise<'late'>((resolve) => {
      setTimeout(() => resolve('late'), graceMs).unref();
    });
    while (this.#lives.size > 0 || this.#busy.size > 0) {
      const ends = [...[...this.#lives].map((live) => live.ended), ...this.#busy];
      if ((await Promise.race([Promise.allSettled(ends), deadline])) === 'late') return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    this.#isAccepting = false;
    this.#watch?.[Symbol.dispose]();
    const left = this.#lives.close();
    // Closed before the wait: a failing commit would be retried for as long as the store cannot write.
    this.#incarnation?.[Symbol.dispose]();
    await Promise.allSettled(left.map((live) => live.commitUnderWay));
    this.#cancelling[Symbol.dispose]();
    for (const live of left) this.#lives.remove(live);
    await this.#afterwards[Symbol.asyncDispose]();
    await Promise.allSettled([...this.#busy]);
    // Again: a new one may have come up meanwhile.
    const incarnation = this.#incarnation;
    if (incarnation !== undefined) {
      incarnation[Symbol.dispose]();
      await this.#store
        .execute('endLease', { owner: incarnation.owner })
        .catch((error: unknown) => this.#warn(error, 'the lease could not be ended; it runs out on its own'));
      await this.#exchange.released();
    }
    this.#exchange[Symbol.dispose]();
    await this.#ownLimiter[Symbol.asyncDispose]();
  }

  #ended(ended: EndedGeneration): void {
    this.#admission.ended(ended.generationId, ended.outcome.usage.total_tokens);
    this.#options.onEnded?.(ended);
  }

  /** Becomes a new owner with a lease of its own, unless that is under way. */
  #becomeOwner(claimAll: boolean): Promise<void> {
    this.#incarnating ??= this.#incarnate(claimAll).finally(() => {
      this.#incarnating = undefined;
    });
    return this.#incarnating;
  }

  async #incarnate(claimAll: boolean): Promise<void> {
    const recover = (ids: readonly string[]): void => {
      for (const id of ids) this.#background(this.#attending.recover(id));
    };
    const incarnation = await incarnate({
      store: this.#store,
      lives: this.#lives,
      leaseMs: this.#options.leaseMs,
      claimAll,
      isTakingOver: () => !this.#isStopping,
      isHurried: () => this.#isFollowedByStore,
      onFenced: (owner) => this.#onFenced(owner),
      onCommitted: this.#options.onCommitted,
      onClaimed: recover,
      onTrouble: (error, message, details) => this.#warn(error, message, details),
    });
    this.#incarnation = incarnation;
    this.#exchange.becomes(incarnation.owner);
    this.#isAccepting = !this.#isStopping;
    recover(incarnation.claimed);
  }

  /** Drops all generations, and starts again as another owner. */
  #onFenced(owner: number): void {
    if (owner !== this.#incarnation?.owner) return;
    this.#options.log.error({ owner }, 'this process lost its lease and drops its generations');
    this.#isAccepting = false;
    this.#incarnation[Symbol.dispose]();
    this.#incarnation = undefined;
    for (const live of [...this.#lives]) {
      live.drop();
      this.#lives.remove(live);
      this.#admission.ended(live.id, 0);
    }
    this.#background(this.#becomeOwner(false));
  }

  /** @throws AppError overloaded, between two incarnations */
  get #current(): Incarnation {
    if (this.#incarnation !== undefined) return this.#incarnation;
    throw new AppError('overloaded', 'the server is recovering; retry shortly', { retry_after_seconds: 1 });
  }

  async #accept(request: TurnRequest, claim: IdempotencyClaim | undefined): Promise<AcceptedGeneration> {
    const generationId = newId();
    const { owner } = this.#current;
    const accepting = () =>
      acceptRequest(request, claim, {
        store: this.#store,
        models: this.#options.models,
        storedLimits: this.storedLimits,
        owner,
        generationId,
        now: this.#now,
      });
    return this.#attending.arriving(generationId, async () => {
      const accepted = await this.#admission.around(request, claim, accepting).catch((error: unknown) => {
        if (mayPass(error)) this.#attending.unanswered(generationId, owner);
        throw error;
      });
      const { turn, isNew } = accepted;
      if (isNew) {
        if (turn.isRunning) this.#startAccepted(accepted);
        for (const id of turn.interrupted) this.#background(this.#interrupt(id));
      }
      return { ...toAccepted(turn), isNew };
    });
  }

  #startAccepted(accepted: Acceptance): void {
    if (this.#attending.owns(accepted)) this.#background(this.#runner.startAccepted(accepted));
    else this.#admission.ended(accepted.turn.generationId, 0);
  }

  /** Ends what a turn interrupts. If this process stops first, the next one does it: the request is stored. */
  async #interrupt(generationId: string): Promise<void> {
    try {
      await this.#cancelling.cancel(generationId);
    } catch (error) {
      if (!this.#cancelling.isStopping) throw error;
    }
  }

  /** Looks after what runs or should run here. Without a lease, takes a new one. */
  async #lookAround(): Promise<void> {
    const owner = this.#incarnation?.owner;
    if (owner === undefined) return this.#track(this.#becomeOwner(false));
    if (this.#store.engine === 'postgres') this.#serverCount = await countLiveOwners(this.#store.reads);
    for (const { id } of this.#abandoned.among(this.#lives, this.#now()))
      this.#background(this.#interrupt(id));
    await this.#attending.lookAround(owner);
  }

  /** Whether servers that the bus does not reach may be reading what runs here. */
  get #isFollowedByStore(): boolean {
    return this.#serverCount > 1 && !(this.#options.bus ?? noBus).isUp;
  }

  /** Takes over what another server has let go. */
  async #claim(): Promise<void> {
    if (!this.#isStopping) await this.#incarnation?.claim();
  }

  #track<T>(job: Promise<T>): Promise<T> {
    this.#busy.add(job);
    const done = (): boolean => this.#busy.delete(job);
    job.then(done, done);
    return job;
  }

  #background(job: Promise<unknown>): void {
    this.#track(job).catch((error: unknown) => this.#warn(error, 'a job of the engine failed'));
  }

  #warn(error: unknown, message: string, details: object = {}): void {
    this.#options.log.warn({ ...details, err: error }, message);
  }
}
