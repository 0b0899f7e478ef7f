/**
 * A generation that this process runs: its log since the last segment, and who reads it.
 *
 *     open ──beginEnd()──► ending ──settled──► finishing ──end()──► ended
 *       │                    │                     │ ▲
 *       │ drop()             │ drop()       drop() ▼ │ end()
 *       └────────────────────┴────────────────► dropped
 *
 * `open`: the model may write. `ending`: nothing is appended any more; a commit or a move that is under way settles.
 * `finishing`: the terminal event is appended, and the rest of the log belongs to the command that stores it.
 * `dropped`: this process lost its right to the generation, or stops; what was under way may still settle, the
 * command that stores the end included. `leave()` tells the readers, once it has `ended` or was `dropped`.
 *
 * Beside the state, at most one commit (`beginCommit` → `settleCommit`) and one move of committed events to segments
 * (`beginMove` → `settleMove`) is under way. Events go one way: pending → in a commit → committed (the tail in memory,
 * and published to the readers in the same step) → in a segment (memory lets go of them).
 */
import { type EventRun, type FinishedEvent, type LogEvent, piecesOf } from '../../domain/event.ts';
import type { FittedContext } from '../context/fit-context.ts';
import { type BuiltMessage, MessageBuilder } from './message-builder.ts';

/**
 * Characters of text that a reader is given at once: after each piece it can say that it is full, so this bounds, with
 * the sink's own bound, what waits for a slow one.
 */
export const pieceCharacters = 64 * 1024;

export interface ProviderError {
  readonly provider: string;
  /** HTTP status of the response; undefined if there was none. */
  readonly status: number | undefined;
  /** What went wrong, in a sentence without a word of the conversation. */
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** How long a provider took for an answer, retries included. Milliseconds; null where it did not come so far. */
export interface ProviderTimes {
  readonly provider: string;
  readonly firstTokenMs: number | null;
  readonly durationMs: number | null;
}

const maxProviderErrors = 100;

export interface LiveListener {
  /** Events that were committed, right after those it has. All listeners get the same run. */
  onRun(run: EventRun): void;
  /** This process does not run the generation any more; its log has ended, or continues in another process. */
  onLeft(): void;
}

export interface LiveIdentity {
  readonly id: string;
  readonly conversationId: string;
  readonly sessionId: string;
  readonly messageId: string;
  /** Whether it is cancelled where nobody listens. Default: it goes on. */
  readonly isEphemeral?: boolean;
}

export type LiveState = 'open' | 'ending' | 'finishing' | 'ended' | 'dropped';

export class LiveGeneration {
  readonly identity: LiveIdentity;
  /** Resolves at `leave`: it has ended here, with or without a terminal event. */
  readonly ended: Promise<void>;
  readonly #builder = new MessageBuilder();
  readonly #listeners = new Set<LiveListener>();
  readonly #abort = new AbortController();
  readonly #resolveEnded: () => void;
  #state: LiveState = 'open';
  /** Appended, but not yet handed to a commit. */
  #pending: LogEvent[] = [];
  /** Handed to a commit that has not settled. */
  #committing: EventRun | undefined;
  #commit: Promise<void> | undefined;
  /** Committed, and kept in memory until segments hold them; the first has `#tailFirstSeq`. */
  #tail: LogEvent[];
  #tailFirstSeq = 1;
  #committedSeq: number;
  #segmentedSeq: number;
  #oldestJournalN: number | undefined;
  #move: Promise<void> | undefined;
  #movingThrough = 0;
  #firstTokenAt: number | null;
  #context: FittedContext | undefined;
  #isCancelled = false;
  #refusal: Error | undefined;
  #retries = 0;
  readonly #providerErrors: ProviderError[] = [];
  readonly #providerTimes: ProviderTimes[] = [];

  /** `stored`: the log from its first event on, all of it in segments already. */
  constructor(identity: LiveIdentity, stored: readonly LogEvent[], firstTokenAt: number | null = null) {
    this.identity = identity;
    this.#tail = [...stored];
    this.#committedSeq = stored.length;
    this.#segmentedSeq = stored.length;
    this.#firstTokenAt = firstTokenAt;
    for (const event of stored) this.#builder.apply(event);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#resolveEnded = resolve;
  }

  get id(): string {
    return this.identity.id;
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Aborts the model call, at a cancel or a drop. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The message that the log tells so far, events that are not committed included. */
  get message(): BuiltMessage {
    return this.#builder;
  }

  /** Whether a cancel was requested; the text so far is kept. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /**
   * Why the store refuses events of this generation, once it does. They and what followed are given up, and the model is
   * aborted; `message` still has them. The generation then ends as failed.
   */
  get refusal(): Error | undefined {
    return this.#refusal;
  }

  get isDropped(): boolean {
    return this.#state === 'dropped';
  }

  /** Events that wait for a commit. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  /** The commit that is under way, if any; it never rejects. */
  get commitUnderWay(): Promise<void> | undefined {
    return this.#commit;
  }

  /** The seq of the last event that is in the store; 0 before the first. */
  get committedSeq(): number {
    return this.#committedSeq;
  }

  /** The seq of the last event that a segment holds. */
  get segmentedSeq(): number {
    return this.#segmentedSeq;
  }

  /** The journal row that holds the first event beyond `segmentedSeq`; undefined where there is none. */
  get oldestJournalN(): number | undefined {
    return this.#oldestJournalN;
  }

  /** Epoch milliseconds. */
  get firstTokenAt(): number | null {
    return this.#firstTokenAt;
  }

  /** How often calls to providers were made again. */
  get retries(): number {
    return this.#retries;
  }

  countRetry(): void {
    this.#retries += 1;
  }

  /** Errors of providers, retried ones too; the first of many. */
  get providerErrors(): readonly ProviderError[] {
    return this.#providerErrors;
  }

  noteProviderError(error: ProviderError): void {
    if (this.#providerErrors.length < maxProviderErrors) this.#providerErrors.push(error);
  }

  /** Of each model that was asked for the answer. */
  get providerTimes(): readonly ProviderTimes[] {
    return this.#providerTimes;
  }

  noteProviderTimes(times: ProviderTimes): void {
    this.#providerTimes.push(times);
  }

  /** What the model was sent, once it is called. */
  get context(): FittedContext | undefined {
    return this.#context;
  }

  setContext(context: FittedContext): void {
    this.#context = context;
  }

  /** Only the first call counts. */
  markFirstToken(at: number): void {
    this.#firstTokenAt ??= at;
  }

  /** Adds an event to the log. What a dropped generation's model still says is ignored. @throws once it is ending */
  append(event: LogEvent): void {
    if (this.#state === 'dropped' || this.#refusal !== undefined) return;
    if (this.#state !== 'open') throw this.#notAllowed('append');
    this.#pending.push(event);
    this.#builder.apply(event);
  }

  /** Aborts the model call; the generation then ends as cancelled. Ignored once it is ending or dropped. */
  cancel(): void {
    if (this.#state !== 'open') return;
    this.#isCancelled = true;
    this.#abort.abort();
  }

  /** Gives the generation up: this process lost its right to it, or stops. Ignored once it has ended. */
  drop(): void {
    if (this.#state === 'ended') return;
    this.#state = 'dropped';
    this.#abort.abort();
  }

  /**
   * Hands the pending events to a commit, which `settled` waits for; undefined if there is nothing to commit, or
   * the generation is not open. `settleCommit` must follow before `settled` resolves.
   */
  beginCommit(settled: Promise<void>): EventRun | undefined {
    if (this.#state !== 'open' || this.#commit !== undefined || this.#pending.length === 0) return undefined;
    this.#commit = settled;
    this.#committing = this.#takePending();
    return this.#committing;
  }

  /**
   * `journalN` is the row that now holds the events. If it is undefined, they are not stored, and this process drops
   * the generation.
   */
  settleCommit(journalN: number | undefined): void {
    const run = this.#committing;
    if (run === undefined || this.#commit === undefined) throw this.#notAllowed('settleCommit');
    this.#committing = undefined;
    this.#commit = undefined;
    if (journalN === undefined) {
      this.drop();
      return;
    }
    this.#oldestJournalN ??= journalN;
    this.#publish(run);
  }

  /** Settles a commit whose events the store refuses, now and at every other try. */
  refuseCommit(reason: Error): void {
    if (this.#committing === undefined || this.#commit === undefined) throw this.#notAllowed('refuseCommit');
    this.#committing = undefined;
    this.#commit = undefined;
    this.#pending = [];
    this.#refusal = reason;
    this.#abort.abort();
  }

  get isMovable(): boolean {
    return this.#state === 'open' && this.#move === undefined && this.#committedSeq > this.#segmentedSeq;
  }

  /** Hands the committed events that no segment holds to a move; undefined if it is not movable. */
  beginMove(settled: Promise<void>): EventRun | undefined {
    if (!this.isMovable) return undefined;
    this.#move = settled;
    this.#movingThrough = this.#committedSeq;
    return this.#unsegmented();
  }

  /**
   * `nextJournalN` is the first journal row that can hold events beyond those moved. If it is undefined, the move
   * failed and will be made again.
   */
  settleMove(nextJournalN: number | undefined): void {
    if (this.#move === undefined) throw this.#notAllowed('settleMove');
    this.#move = undefined;
    if (nextJournalN === undefined) return;
    const seq = this.#movingThrough;
    this.#tail = this.#tail.slice(seq + 1 - this.#tailFirstSeq);
    this.#tailFirstSeq = seq + 1;
    this.#segmentedSeq = seq;
    this.#oldestJournalN = this.#committedSeq > seq ? nextJournalN : undefined;
  }

  /**
   * Closes the log with its terminal event. Resolves, once what was under way has settled, with the events that no
   * segment holds, which the caller stores in one command before it calls `end`; undefined if it was dropped.
   */
  async beginEnd(last: FinishedEvent): Promise<EventRun | undefined> {
    if (this.#state === 'dropped') return undefined;
    if (this.#state !== 'open') throw this.#notAllowed('beginEnd');
    this.#state = 'ending';
    while (this.#commit !== undefined || this.#move !== undefined) {
      await this.#commit;
      await this.#move;
    }
    // A drop may have come during the wait.
    if ((this.#state as LiveState) !== 'ending') return undefined;
    this.#pending.push(last);
    this.#builder.apply(last);
    const { firstSeq, events } = this.#unsegmented();
    this.#committing = this.#takePending();
    this.#state = 'finishing';
    return { firstSeq, events: [...events, ...this.#committing.events] };
  }

  /**
   * Ends the log with another terminal event, since the store refuses the events that `beginEnd` gave, and gives those to
   * store instead: all, or with `keepsRest` false only what was committed before.
   */
  endOtherwise(last: FinishedEvent, keepsRest: boolean): EventRun {
    const refused = this.#committing;
    if (this.#state !== 'finishing' || refused === undefined) throw this.#notAllowed('endOtherwise');
    const rest = keepsRest ? refused.events.slice(0, -1) : [];
    this.#committing = { firstSeq: refused.firstSeq, events: [...rest, last] };
    const { firstSeq, events } = this.#unsegmented();
    return { firstSeq, events: [...events, ...this.#committing.events] };
  }

  /** Publishes the last events; with `isStored` false it does not, since the store has another end, or none. */
  end(isStored: boolean): void {
    const run = this.#committing;
    // A drop that came while the command ran changes nothing about what is stored.
    const isFinal = this.#state === 'finishing' || (this.#state === 'dropped' && this.#commit === undefined);
    if (run === undefined || !isFinal) throw this.#notAllowed('end');
    this.#committing = undefined;
    this.#state = 'ended';
    if (isStored) this.#publish(run);
  }

  /** Sends the readers to look elsewhere. @throws before the generation has ended or was dropped */
  leave(): void {
    if (this.#state !== 'ended' && this.#state !== 'dropped') throw this.#notAllowed('leave');
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener.onLeft();
    this.#resolveEnded();
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** The listener gets every run that is published from now on. */
  addListener(listener: LiveListener): void {
    this.#listeners.add(listener);
  }

  removeListener(listener: LiveListener): void {
    this.#listeners.delete(listener);
  }

  /** Committed events after `seq`, or undefined if memory no longer has them all. */
  committedAfter(seq: number): EventRun | undefined {
    if (seq + 1 < this.#tailFirstSeq) return undefined;
    return { firstSeq: seq + 1, events: this.#tail.slice(seq + 1 - this.#tailFirstSeq) };
  }

  /** Committed events that no segment holds. */
  #unsegmented(): EventRun {
    const from = this.#segmentedSeq + 1 - this.#tailFirstSeq;
    return { firstSeq: this.#segmentedSeq + 1, events: from === 0 ? this.#tail : this.#tail.slice(from) };
  }

  #takePending(): EventRun {
    const run = { firstSeq: this.#committedSeq + 1, events: this.#pending };
    this.#pending = [];
    return run;
  }

  /** Gives readers a run that is in the store. */
  #publish(run: EventRun): void {
    for (const event of run.events) this.#tail.push(event);
    this.#committedSeq += run.events.length;
    for (const piece of piecesOf(run, pieceCharacters)) {
      for (const listener of this.#listeners) listener.onRun(piece);
    }
  }

  #notAllowed(transition: string): Error {
    return new Error(`generation ${this.id}: ${transition} is not allowed while it is ${this.#state}`);
  }
}
