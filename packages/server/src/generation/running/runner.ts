/** Runs generations from their start to their terminal state: new ones, queued ones, and what dead processes left. */
import { conversationScope } from '../../auth/scopes.ts';
import { AppError } from '../../domain/errors.ts';
import type { LogEvent } from '../../domain/event.ts';
import type { GenerationRecord, Outcome } from '../../domain/generation.ts';
import { type ModelCall, totalCost, type Usage, unknownUsage } from '../../domain/usage.ts';
import type { Researcher } from '../../research/research.ts';
import type { Store } from '../../store/store.ts';
import { mayPass } from '../../store/unavailable.ts';
import type { Span, Tracing } from '../../tracing/tracing.ts';
import { accountingOf, modelCall } from '../calls/accounting.ts';
import type { Learn } from '../calls/learning.ts';
import type { SideCalls } from '../calls/side-calls.ts';
import { LiveGeneration } from '../log/live-generation.ts';
import type { Lives } from '../log/live-generations.ts';
import { readCommitted } from '../log/read-log.ts';
import type { Incarnation } from '../owner/incarnation.ts';
import {
  type ModelRegistry,
  type RunPlan,
  requestedModel,
  resolvePlan,
  storedRequest,
} from '../plan/plan.ts';
import type { Acceptance } from '../turns/accept.ts';
import { toModelMessage } from '../turns/new-messages.ts';
import { type BreakerOptions, Breakers } from './breakers.ts';
import { endDamaged } from './damaged.ts';
import {
  type EndedGeneration,
  endedGeneration,
  endedUnstarted,
  factsOf,
  type GenerationFacts,
} from './ended.ts';
import { type Finished, finishLive } from './finish.ts';
import type { Job, JobEnd } from './job.ts';
import { estimateInterrupted, runJob } from './run-job.ts';

export interface RunnerOptions {
  readonly store: Store;
  readonly models: ModelRegistry;
  readonly researcher: Researcher | undefined;
  readonly tracing: Tracing;
  readonly sideCalls: SideCalls;
  readonly learn: Learn;
  readonly lives: Lives;
  readonly now: () => number;
  readonly breakers?: BreakerOptions | undefined;
  /** Milliseconds from the end of an ephemeral generation to its erasure. */
  readonly ephemeralTtlMs: number;
  /** @throws AppError overloaded, between two incarnations of this process */
  readonly current: () => Incarnation;
  /** The model was called, and the generation's end is stored. */
  onAnswered(job: Job, outcome: Outcome): void;
  /** This process has stored the end of a generation. */
  onEnded(ended: EndedGeneration): void;
  /** This process runs the generation no more, and did not store its end. */
  onLeft(generationId: string): void;
  /** The session's next turn is stored as running. */
  onStarted(generationId: string): void;
  onTrouble(error: unknown, message: string, details?: object): void;
}

export class Runner {
  readonly #options: RunnerOptions;
  readonly #breakers: Breakers;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#breakers = new Breakers(options.breakers);
  }

  /** Runs a turn that was just accepted. */
  async startAccepted({ turn, plan, accounting, request }: Acceptance): Promise<void> {
    const { target } = request;
    const live = new LiveGeneration(
      {
        id: turn.generationId,
        conversationId: turn.conversationId,
        sessionId: turn.sessionId,
        messageId: turn.answerMessageId,
        isEphemeral: target.kind === 'stateless',
      },
      turn.events,
    );
    this.#options.lives.add(live);
    const isWhole = target.kind === 'new-conversation' || target.kind === 'stateless';
    const prompt = isWhole ? target.messages.map(toModelMessage) : undefined;
    const promptBehind = target.kind === 'stateless' ? target.behind : undefined;
    const continueFrom = target.kind === 'message' ? target.continueFrom : undefined;
    const at = this.#options.now();
    const facts: GenerationFacts = {
      ...accounting,
      dialect: request.dialect,
      model: plan.record,
      requestedModelId: requestedModel(plan),
      createdAt: at,
      startedAt: at,
    };
    const replyTo = turn.userMessageId;
    await this.#runInSpan({ live, plan, accounting, facts, replyTo, prompt, promptBehind, continueFrom });
  }

  /**
   * Runs a stored generation: one that was queued, or, with `isLeft`, one that a dead process left. If the model can
   * continue a prefix, a dead process's answer continues; otherwise it ends as interrupted.
   */
  async startStored(
    generation: GenerationRecord,
    events: readonly LogEvent[],
    isLeft: boolean,
  ): Promise<void> {
    const live = liveOf(generation, events);
    this.#options.lives.add(live);
    if (generation.cancelRequestedAt !== null) live.cancel();
    let plan: RunPlan;
    try {
      plan = await this.#planOf(generation);
    } catch (error) {
      if (isLeft) await this.#interrupt(live, generation, undefined);
      else await this.#fail(live, factsOf(generation), error);
      return;
    }
    const isAnswering = plan.record.id === generation.modelId;
    // What follows behind a call of a tool is no continuation of a text.
    const canGoOn = isAnswering && plan.model.canContinue && !live.message.hasCalls;
    if (isLeft && (live.isCancelled || !canGoOn))
      await this.#interrupt(live, generation, isAnswering ? plan : undefined);
    else await this.#runInSpan(storedJob(live, generation, plan), 'root');
  }

  /**
   * The stored log of a generation that is to run. Where it is damaged, the generation ends as failed, with the text
   * before the damage, and this gives undefined. @throws where the store can't be read now
   */
  async readLog(generation: GenerationRecord): Promise<readonly LogEvent[] | undefined> {
    const { store, lives, onTrouble } = this.#options;
    try {
      return await readCommitted(store.reads, lives, generation.id, Number.MAX_SAFE_INTEGER);
    } catch (error) {
      if (mayPass(error)) throw error;
      onTrouble(error, 'the log of a generation is damaged; it ends as failed', {
        generation: generation.id,
      });
      await this.#endDamaged(generation);
      return undefined;
    }
  }

  async #endDamaged(generation: GenerationRecord): Promise<void> {
    const { store, lives, now, onEnded, onLeft, onStarted, onTrouble } = this.#options;
    const { owner } = this.#options.current();
    try {
      const { stored, next } = await endDamaged(generation, { store, owner, now });
      if (stored === undefined) onLeft(generation.id);
      else onEnded(endedUnstarted(generation, stored, now()));
      lives.wake(generation.id);
      if (next !== null) onStarted(next.generationId);
    } catch (error) {
      if (mayPass(error)) throw error;
      onTrouble(error, 'the store refuses the end of a generation', { generation: generation.id });
      lives.abandonUnseen(generation.id);
    }
  }

  async #planOf(generation: GenerationRecord): Promise<RunPlan> {
    const plan = await this.resolvePlan(generation);
    try {
      return { ...plan, model: await this.#options.models.whenReady(plan.record) };
    } catch (error) {
      // It then counts as a model that fails, and its fallbacks are tried.
      if (error instanceof AppError && plan.fallbacks?.length) return plan;
      throw error;
    }
  }

  /** What a stored generation runs on. @throws AppError model_unavailable, not_found */
  resolvePlan(generation: GenerationRecord): Promise<RunPlan> {
    const scope = conversationScope(generation.organizationId, generation.environment);
    return resolvePlan(this.#options.store.reads, this.#options.models, scope, storedRequest(generation));
  }

  /** `root`: nobody waits for it within a request; it was queued, or begun by another process. */
  #runInSpan(job: Job, place?: 'root'): Promise<void> {
    const { id, conversationId } = job.live.identity;
    const { organizationId, environment, personaId, dialect } = job.facts;
    const attributes = {
      'colloquy.generation.id': id,
      'gen_ai.conversation.id': conversationId,
      'colloquy.organization.id': organizationId,
      'colloquy.environment': environment,
      'colloquy.dialect': dialect,
      'gen_ai.agent.id': personaId === null ? undefined : String(personaId),
    };
    return this.#options.tracing.span({ name: 'turn', attributes, ...(place && { place }) }, (span) =>
      this.#run(job, span),
    );
  }

  async #run(job: Job, span: Span): Promise<void> {
    let end: JobEnd | null;
    try {
      end = await runJob(job, {
        reads: this.#options.store.reads,
        writer: this.#options.current().writer,
        researcher: this.#options.researcher,
        sideCalls: this.#options.sideCalls,
        breakers: this.#breakers,
        switchModel: (plan) => this.#switchModel(job, plan),
        outcomeOf: (error) => this.#outcomeOf(job.live, error),
        now: this.#options.now,
        learn: this.#options.learn,
        onUnexpected: (error) =>
          this.#options.onTrouble(error, 'a generation failed unexpectedly', { generation: job.live.id }),
      });
    } catch (error) {
      await this.#fail(job.live, job.facts, error);
      return;
    }
    if (end === null) return;
    const { plan, outcome, modelCalls } = end;
    span.set({ 'colloquy.status': outcome.status });
    if (outcome.error !== null) span.fail(outcome.error.code);
    const facts = { ...job.facts, model: plan.record, requestedModelId: requestedModel(plan) };
    const stored = await this.#finish(job.live, facts, outcome, modelCalls);
    if (stored !== null) this.#options.onAnswered({ ...job, plan }, stored);
  }

  /** Stores that another model answers, before it is asked. */
  #switchModel({ live }: Job, plan: RunPlan): Promise<unknown> {
    const { id, name, provider } = plan.record;
    return this.#options.store.execute('switchModel', {
      owner: this.#options.current().owner,
      generationId: live.id,
      messageId: live.identity.messageId,
      model: { id, name, provider },
      requestedModelId: requestedModel(plan),
    });
  }

  async #fail(live: LiveGeneration, facts: GenerationFacts, error: unknown): Promise<void> {
    await this.#finish(live, facts, this.#outcomeOf(live, error), []);
  }

  #outcomeOf(live: LiveGeneration, error: unknown): Outcome {
    if (!(error instanceof AppError))
      this.#options.onTrouble(error, 'a generation could not start', { generation: live.id });
    const shown = error instanceof AppError ? error : new AppError('internal', 'the answer could not start');
    return live.isCancelled
      ? { status: 'cancelled', finish_reason: 'cancelled', usage: unknownUsage, error: null }
      : {
          status: 'failed',
          finish_reason: null,
          usage: unknownUsage,
          error: { code: shown.code, message: shown.message },
        };
  }

  /** Gives the end that is stored; null if this process stored none. */
  async #finish(
    live: LiveGeneration,
    facts: GenerationFacts,
    outcome: Outcome,
    calls: readonly ModelCall[],
  ): Promise<Outcome | null> {
    if (live.isDropped) return null;
    const { store, lives, now, onTrouble, onEnded, onLeft, onStarted } = this.#options;
    const { owner } = this.#options.current();
    const details = { generation: live.id };
    const end = await finishLive(live, outcome, calls, {
      store,
      owner,
      lives,
      now,
      startedAt: facts.startedAt,
      onRetry: (error, tries) =>
        onTrouble(error, 'ending a generation failed and is tried again', { ...details, tries }),
      onAbandoned: () => onTrouble(undefined, 'the store refuses the end of a generation', details),
    });
    if (end.outcome === null) {
      onLeft(live.id);
    } else {
      const { firstTokenAt, retries, providerErrors, providerTimes } = live;
      const cost = end.outcome === outcome ? totalCost(calls) : null;
      const finished = {
        outcome: end.outcome,
        firstTokenAt,
        finishedAt: now(),
        retries,
        providerErrors,
        providerTimes,
        cost,
      };
      onEnded(endedGeneration(live.id, facts, finished));
    }
    if (live.identity.isEphemeral === true) await this.#expire(live);
    const hasOtherEnd = end.outcome !== null && end.outcome !== outcome;
    const next = end.next ?? (hasOtherEnd ? await this.#startNext(live, owner) : null);
    if (next !== null) onStarted(next.generationId);
    return end.outcome;
  }

  /** Sets when an ephemeral generation is erased; where that fails, it is a day after it was accepted. */
  async #expire({ identity }: LiveGeneration): Promise<void> {
    const { store, now, ephemeralTtlMs, onTrouble } = this.#options;
    const { conversationId } = identity;
    try {
      await store.execute('expireEphemeral', { conversationId, at: now() + ephemeralTtlMs });
    } catch (error) {
      onTrouble(error, 'an ephemeral generation is erased later than it should', { generation: identity.id });
    }
  }

  /** Starts what waits behind a generation whose end did not. */
  async #startNext(live: LiveGeneration, owner: number): Promise<Finished['next']> {
    const { store, now, onTrouble } = this.#options;
    const { sessionId } = live.identity;
    try {
      return (await store.execute('startNextTurn', { sessionId, owner, now: now() })).next;
    } catch (error) {
      onTrouble(error, 'the next turn of a session could not be started', { session: sessionId });
      return null;
    }
  }

  /** Ends a generation that cannot continue, with the text that its log holds. */
  async #interrupt(
    live: LiveGeneration,
    generation: GenerationRecord,
    plan: RunPlan | undefined,
  ): Promise<void> {
    if (live.message.openKind !== undefined) live.append({ type: 'part-finished' });
    const usage = plan === undefined ? unknownUsage : await this.#estimate(live, generation, plan);
    const outcome: Outcome =
      generation.cancelRequestedAt === null
        ? {
            status: 'interrupted',
            finish_reason: null,
            usage,
            error: { code: 'interrupted', message: 'the server stopped while it was answering' },
          }
        : { status: 'cancelled', finish_reason: 'cancelled', usage, error: null };
    const model = plan?.record ?? { id: generation.modelId, prices: null };
    const at = this.#options.now();
    const purpose = generation.modelId === generation.requestedModelId ? 'answer' : 'fallback';
    const call = { purpose, generationId: generation.id, model, usage, at, isRequest: true } as const;
    await this.#finish(live, factsOf(generation), outcome, [modelCall(generation, call)]);
  }

  async #estimate(live: LiveGeneration, { replyTo }: GenerationRecord, plan: RunPlan): Promise<Usage> {
    try {
      return await estimateInterrupted(this.#options.store.reads, plan, replyTo, live);
    } catch (error) {
      this.#options.onTrouble(error, 'the cost of an interrupted answer is not known', {
        generation: live.id,
      });
      return unknownUsage;
    }
  }
}

function liveOf(generation: GenerationRecord, events: readonly LogEvent[]): LiveGeneration {
  const { id, conversationId, sessionId, messageId, firstTokenAt } = generation;
  const isEphemeral = generation.parameters.prompt !== undefined;
  const identity = { id, conversationId, sessionId, messageId, isEphemeral };
  return new LiveGeneration(identity, events, firstTokenAt);
}

function storedJob(live: LiveGeneration, generation: GenerationRecord, plan: RunPlan): Job {
  const { replyTo, parameters } = generation;
  const { promptBehind, continueFrom } = parameters;
  const prompt = parameters.prompt?.map(toModelMessage);
  const accounting = accountingOf(generation);
  const facts = factsOf(generation);
  return { live, plan, accounting, facts, replyTo, prompt, promptBehind, continueFrom };
}
