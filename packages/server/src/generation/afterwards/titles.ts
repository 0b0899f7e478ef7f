/** Has a model name new conversations, in the background, once their first answer is there. */

import { type Usage, unknownUsage } from '../../domain/usage.ts';
import type { Store } from '../../store/store.ts';
import { modelCall } from '../calls/accounting.ts';
import { askModel } from '../calls/ask-model.ts';
import type { Job } from '../running/job.ts';
import { BackgroundJobs } from './background-jobs.ts';
import { isTitleComplete, titleOf, titlePrompt } from './title-text.ts';

export interface TitlerOptions {
  readonly store: Pick<Store, 'execute'>;
  readonly now: () => number;
  /** A title could not be made; the automatic one stays. */
  onError(error: unknown, conversationId: string): void;
}

/** Most titles that are asked for at the same time, and most that may wait; further conversations keep their automatic titles. */
const bounds = { maxRunning: 2, maxWaiting: 100 };
const maxTokens = 200;

export class Titler implements AsyncDisposable {
  readonly #options: TitlerOptions;
  /** The jobs, by conversation. */
  readonly #jobs: BackgroundJobs;

  constructor(options: TitlerOptions) {
    this.#options = options;
    this.#jobs = new BackgroundJobs({ ...bounds, onError: options.onError });
  }

  /** Names the conversation that this job's turn began; every other job is passed over. */
  afterFinish(job: Job): void {
    if (job.firstMessage === undefined || !job.plan.model.followsPrompts) return;
    if (job.live.message.text() === '') return;
    this.#jobs.add(job.live.identity.conversationId, (signal) => this.#name(job, signal));
  }

  /** Resolves once no title is being written. */
  idle(): Promise<void> {
    return this.#jobs.idle();
  }

  async #name(job: Job, signal: AbortSignal): Promise<void> {
    let usage: Usage = unknownUsage;
    const { plan, live, firstMessage = '' } = job;
    const reply = await askModel(plan.model, {
      messages: titlePrompt(firstMessage, live.message.text()),
      parameters: { maxTokens: Math.min(maxTokens, plan.record.maxOutputTokens ?? maxTokens) },
      signal,
      // If the model does not stop, only as much is read as a title needs.
      isEnough: isTitleComplete,
      onSpent: (spent) => {
        usage = spent;
      },
    });
    const at = this.#options.now();
    const call = { purpose: 'title', generationId: null, model: plan.record, usage, at } as const;
    await this.#options.store.execute('setGeneratedTitle', {
      id: live.identity.conversationId,
      title: titleOf(reply) ?? null,
      modelCall: modelCall(job.accounting, call),
    });
  }

  /** Aborts the calls that run. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#jobs[Symbol.asyncDispose]();
  }
}
