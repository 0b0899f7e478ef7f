/** Keeps summaries ahead of need: in the background, after an answer, so that no first token waits for one. */

import type { Store } from '../../store/store.ts';
import type { Accounting } from '../calls/accounting.ts';
import { isSpent, type SideCalls } from '../calls/side-calls.ts';
import type { LiveGeneration } from '../log/live-generation.ts';
import type { RunPlan } from '../plan/plan.ts';
import { BackgroundJobs } from './background-jobs.ts';
import { Pauses } from './pauses.ts';
import { fullShare, type SummaryJob, summarise } from './summary-job.ts';

export interface SummarizerOptions {
  readonly store: Store;
  readonly sideCalls: SideCalls;
  /** Whether summaries are written where the organization has set nothing. */
  readonly isOn: boolean;
  readonly now: () => number;
  /** A summary could not be made; the next answer tries again. */
  onError(error: unknown, sessionId: string): void;
}

/** A generation that has just ended. */
export interface FinishedTurn {
  readonly live: Pick<LiveGeneration, 'identity' | 'context' | 'message'>;
  readonly plan: RunPlan;
  /** Accounts for the calls of models. */
  readonly accounting: Accounting;
}

/** Most summaries that are written at the same time, and most sessions that may wait; further ones are passed over. */
const bounds = { maxRunning: 4, maxWaiting: 1000 };
/** Models that take longer for one session's summary are not waited for, so that they do not hold up the others. */
const timeoutMs = 600_000;

export class Summarizer implements AsyncDisposable {
  readonly #options: SummarizerOptions;
  /** The jobs, by session: two jobs for one session would write the same summary. */
  readonly #jobs: BackgroundJobs;
  readonly #pauses = new Pauses();

  constructor(options: SummarizerOptions) {
    this.#options = options;
    this.#jobs = new BackgroundJobs({
      ...bounds,
      onError: (error, sessionId) => {
        if (isSpent(error)) return;
        this.#pauses.failed(sessionId);
        options.onError(error, sessionId);
      },
    });
  }

  /** Starts a job where the session's next turn may not fit; where it will, this costs next to nothing. */
  afterFinish(turn: FinishedTurn): void {
    const { plan, accounting } = turn;
    const { sessionId } = turn.live.identity;
    if (!plan.model.followsPrompts || !this.#jobs.accepts(sessionId) || !mayOverflow(turn)) return;
    if (!this.#pauses.isOver(sessionId)) return;
    this.#jobs.add(sessionId, (signal) => this.#summarise({ sessionId, plan, accounting }, signal));
  }

  async #summarise(session: Omit<SummaryJob, 'writer' | 'prompt'>, signal: AbortSignal): Promise<void> {
    const { sideCalls, isOn } = this.#options;
    const settings = await sideCalls.settings(session.accounting);
    if (settings.summaries === null ? !isOn : settings.summaries === 'off') return;
    const writer = await sideCalls.writer(session.plan, session.accounting, settings);
    const job = { ...session, writer, prompt: settings.summaryPrompt };
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    await summarise(job, { ...this.#options, signal: bounded });
    this.#pauses.succeeded(session.sessionId);
  }

  get jobCounts(): BackgroundJobs['counts'] {
    return this.#jobs.counts;
  }

  /** Resolves once no summary is being written. */
  idle(): Promise<void> {
    return this.#jobs.idle();
  }

  /** Aborts the calls that run; what they have reached is stored. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#jobs[Symbol.asyncDispose]();
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
