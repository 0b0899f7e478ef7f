/** Runs generations from their start to their terminal state: new ones, queued ones, and what dead processes left. */
import { conversationScope } from '../../auth/scopes.ts';
import { AppError } from '../../domain/errors.ts';
import type { LogEvent } from '../../domain/event.ts';
import type { Outcome } from '../../domain/generation.ts';
import { unknownUsage } from '../../domain/usage.ts';
import type { Researcher } from '../../research/research.ts';
import type { Store } from '../../store/store.ts';
import type { GenerationTable } from '../../store/tables.ts';
import type { Summarizer } from '../afterwards/summarizer.ts';
import type { Titler } from '../afterwards/titles.ts';
import { LiveGeneration } from '../log/live-generation.ts';
import type { Lives } from '../log/live-generations.ts';
import type { Incarnation } from '../owner/incarnation.ts';
import { type ModelRegistry, type RunPlan, resolvePlan, storedRequest } from '../plan/plan.ts';
import type { Acceptance } from '../turns/accept.ts';
import { answerCall, finishLive } from './finish.ts';
import { estimateInterrupted, type Job, type JobEnd, runJob } from './run-job.ts';

export interface RunnerOptions {
  readonly store: Store;
  readonly models: ModelRegistry;
  readonly researcher: Researcher | undefined;
  readonly lives: Lives;
  readonly summarizer: Summarizer;
  readonly titler: Titler | undefined;
  readonly now: () => number;
  /** @throws AppError overloaded, between two incarnations */
  readonly current: () => Incarnation;
  /** It has ended, at the cost of so many tokens. */
  onEnded(generationId: string, tokens: number): void;
  /** The session's next turn is stored as running. */
  onStarted(generationId: string): void;
  onTrouble(error: unknown, message: string, details?: object): void;
}

export class Runner {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** A turn that was just accepted. */
  async startAccepted({ turn, plan, row, request }: Acceptance): Promise<void> {
    const live = new LiveGeneration(
      {
        id: turn.generationId,
        conversationId: turn.conversationId,
        sessionId: turn.sessionId,
        messageId: turn.answerMessageId,
      },
      turn.events,
    );
    this.#options.lives.add(live);
    const { target } = request;
    const firstMessage = target.kind === 'new-conversation' ? target.text : undefined;
    const continueFrom = target.kind === 'message' ? target.continueFrom : undefined;
    await this.#run({ live, row, plan, firstMessage, continueFrom });
  }

  /**
   * Runs a generation whose row is stored: queued before, or `isLeft` by a process that died. What was left goes on
   * where its model can take up an answer in its middle, and ends as interrupted elsewhere.
   */
  async startStored(row: GenerationTable, events: readonly LogEvent[], isLeft: boolean): Promise<void> {
    const live = this.#liveOf(row, events);
    this.#options.lives.add(live);
    if (row.cancel_requested_at !== null) live.cancel();
    let plan: RunPlan;
    try {
      plan = await this.#planOf(row);
    } catch (error) {
      if (isLeft) await this.#interrupt(live, row, undefined);
      else await this.#fail(live, error);
      return;
    }
    if (isLeft && (live.isCancelled || !plan.model.canContinue)) await this.#interrupt(live, row, plan);
    else await this.#run({ live, row, plan, continueFrom: storedRequest(row).parameters.continueFrom });
  }

  async #planOf(row: GenerationTable): Promise<RunPlan> {
    const plan = await this.resolvePlan(row);
    return { ...plan, model: await this.#options.models.whenReady(plan.record) };
  }

  /** What a stored generation runs on. @throws AppError model_unavailable, not_found */
  resolvePlan(row: GenerationTable): Promise<RunPlan> {
    const scope = conversationScope(row.organization_id, row.environment);
    return resolvePlan(this.#options.store.reads, this.#options.models, scope, storedRequest(row));
  }

  #liveOf(row: GenerationTable, events: readonly LogEvent[]): LiveGeneration {
    return new LiveGeneration(
      {
        id: row.id,
        conversationId: row.conversation_id,
        sessionId: row.session_id,
        messageId: row.message_id,
      },
      events,
      row.first_token_at,
    );
  }

  async #run(job: Job): Promise<void> {
    let end: JobEnd | null;
    try {
      end = await runJob(job, {
        reads: this.#options.store.reads,
        writer: this.#options.current().writer,
        researcher: this.#options.researcher,
        now: this.#options.now,
        onUnexpected: (error) =>
          this.#options.onTrouble(error, 'a generation failed unexpectedly', { generation: job.live.id }),
      });
    } catch (error) {
      await this.#fail(job.live, error);
      return;
    }
    if (end === null) return;
    await this.#finish(job.live, end.outcome, end.modelCalls);
    if (end.outcome.status !== 'failed') this.#options.summarizer.afterFinish(job);
    if (end.outcome.status === 'done') this.#options.titler?.afterFinish(job);
  }

  async #fail(live: LiveGeneration, error: unknown): Promise<void> {
    if (!(error instanceof AppError))
      this.#options.onTrouble(error, 'a generation could not start', { generation: live.id });
    const shown = error instanceof AppError ? error : new AppError('internal', 'the answer could not start');
    const outcome: Outcome = live.isCancelled
      ? { status: 'cancelled', finish_reason: 'cancelled', usage: unknownUsage, error: null }
      : {
          status: 'failed',
          finish_reason: null,
          usage: unknownUsage,
          error: { code: shown.code, message: shown.message },
        };
    await this.#finish(live, outcome, []);
  }

  async #finish(
    live: LiveGeneration,
    outcome: Outcome,
    calls: Parameters<typeof finishLive>[2],
  ): Promise<void> {
    const next = await finishLive(live, outcome, calls, {
      store: this.#options.store,
      owner: this.#options.current().owner,
      lives: this.#options.lives,
      now: this.#options.now,
      onRetry: (error, tries) =>
        this.#options.onTrouble(error, 'ending a generation failed and is tried again', { tries }),
    });
    this.#options.onEnded(live.id, outcome.usage.total_tokens);
    if (next !== null) this.#options.onStarted(next.generationId);
  }

  /** Ends it with what its log holds. */
  async #interrupt(live: LiveGeneration, row: GenerationTable, plan: RunPlan | undefined): Promise<void> {
    if (live.message.openKind !== undefined) live.append({ type: 'part-finished' });
    const usage =
      plan === undefined
        ? unknownUsage
        : await estimateInterrupted(this.#options.store.reads, plan, row, live);
    const outcome: Outcome =
      row.cancel_requested_at === null
        ? {
            status: 'interrupted',
            finish_reason: null,
            usage,
            error: { code: 'interrupted', message: 'the server stopped while it was answering' },
          }
        : { status: 'cancelled', finish_reason: 'cancelled', usage, error: null };
    const model = plan?.record ?? { id: row.model_id, prices: null };
    await this.#finish(live, outcome, [answerCall(row.id, row, model, usage, this.#options.now())]);
  }
}
