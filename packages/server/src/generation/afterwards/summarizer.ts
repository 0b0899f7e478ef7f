/** Keeps summaries ahead of need: in the background, after an answer, so that no first token waits for one. */
import type { Store } from '../../store/store.ts';
import type { Accounting } from '../calls/accounting.ts';
import type { LiveGeneration } from '../log/live-generation.ts';
import type { RunPlan } from '../plan/plan.ts';
import { fullShare, summarise } from './summary-job.ts';

export interface SummarizerOptions {
  readonly store: Store;
  readonly now: () => number;
  /** A summary could not be made; the next answer tries again. */
  onError(error: unknown, sessionId: string): void;
}

/** A generation that has just ended. */
export interface FinishedTurn {
  readonly live: Pick<LiveGeneration, 'identity' | 'context' | 'message'>;
  readonly plan: RunPlan;
  /** Who pays. */
  readonly accounting: Accounting;
}

/** Jobs that call a model at the same time, and sessions that may wait for that; further ones are passed over. */
const maxRunning = 4;
const maxWaiting = 1000;

export class Summarizer implements AsyncDisposable {
  readonly #options: SummarizerOptions;
  readonly #abort = new AbortController();
  /** By session: never two jobs for one. */
  readonly #jobs = new Map<string, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: SummarizerOptions) {
    this.#options = options;
  }

  /** Starts a job where the session's next turn may not fit; costs nothing worth naming where it will. */
  afterFinish(turn: FinishedTurn): void {
    const { plan } = turn;
    const { sessionId } = turn.live.identity;
    if (this.#abort.signal.aborted || this.#jobs.has(sessionId) || this.#jobs.size >= maxWaiting) return;
    if (!plan.model.followsPrompts) return;
    if (!mayOverflow(turn)) return;
    const job = this.#run(sessionId, turn).finally(() => this.#jobs.delete(sessionId));
    this.#jobs.set(sessionId, job);
  }

  /** Resolves once no summary is being written. */
  async idle(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.all(this.#jobs.values());
  }

  async #run(sessionId: string, { plan, accounting }: FinishedTurn): Promise<void> {
    const { signal } = this.#abort;
    if (this.#running >= maxRunning) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      if (!signal.aborted) await summarise({ sessionId, plan, accounting }, { ...this.#options, signal });
    } catch (error) {
      if (!signal.aborted) this.#options.onError(error, sessionId);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  /** Breaks off what runs; what it has reached is stored. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.idle();
  }
}

function mayOverflow({ plan, live }: FinishedTurn): boolean {
  const { context } = live;
  if (context === undefined) return false;
  if (context.isGapped) return true;
  const { budget_tokens, sections } = context.receipt();
  let used = 0;
  for (const { tokens } of sections) used += tokens;
  const answer = live.message.text();
  // Bytes are at least as many as tokens: they need counting only where they might be too many.
  const limit = budget_tokens * fullShare * 0.9;
  if (used + Buffer.byteLength(answer) <= limit) return false;
  return used + plan.model.countTokens(answer) > limit;
}
