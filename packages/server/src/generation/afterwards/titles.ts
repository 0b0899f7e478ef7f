/** Has a model name new conversations, in the background, once their first answer is there. */
import { type Usage, unknownUsage } from '../../domain/usage.ts';
import type { Store } from '../../store/store.ts';
import { modelCall } from '../calls/accounting.ts';
import { askModel } from '../calls/ask-model.ts';
import type { Job } from '../running/job.ts';
import { isTitleComplete, titleOf, titlePrompt } from './title-text.ts';

export interface TitlerOptions {
  readonly store: Pick<Store, 'execute'>;
  readonly now: () => number;
  /** A title could not be made; the automatic one stays. */
  onError(error: unknown, conversationId: string): void;
}

/** Calls at the same time, and conversations that may wait for one; further ones keep their automatic titles. */
const maxRunning = 2;
const maxWaiting = 100;
const maxTokens = 200;

export class Titler implements AsyncDisposable {
  readonly #options: TitlerOptions;
  readonly #abort = new AbortController();
  readonly #waiting: Job[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(options: TitlerOptions) {
    this.#options = options;
  }

  /** Names the conversation that this job's turn began; every other job is passed over. */
  afterFinish(job: Job): void {
    if (job.firstMessage === undefined || this.#abort.signal.aborted) return;
    if (!job.plan.model.followsPrompts) return;
    if (this.#waiting.length >= maxWaiting || job.live.message.text() === '') return;
    this.#waiting.push(job);
    this.#startNext();
  }

  /** Resolves once no title is being written. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #startNext(): void {
    if (this.#running.size >= maxRunning) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    const running = this.#name(job).finally(() => {
      this.#running.delete(running);
      this.#startNext();
    });
    this.#running.add(running);
  }

  async #name(job: Job): Promise<void> {
    const { conversationId } = job.live.identity;
    const { signal } = this.#abort;
    try {
      if (signal.aborted) return;
      let usage: Usage = unknownUsage;
      const { plan, live, firstMessage = '' } = job;
      // A model that goes on and on is not listened to.
      const reply = await askModel(plan.model, {
        messages: titlePrompt(firstMessage, live.message.text()),
        parameters: { maxTokens: Math.min(maxTokens, plan.record.maxOutputTokens ?? maxTokens) },
        signal,
        isEnough: isTitleComplete,
        onSpent: (spent) => {
          usage = spent;
        },
      });
      const at = this.#options.now();
      const call = { purpose: 'title', generationId: null, model: plan.record, usage, at } as const;
      await this.#options.store.execute('setGeneratedTitle', {
        id: conversationId,
        title: titleOf(reply) ?? null,
        modelCall: modelCall(job.accounting, call),
      });
    } catch (error) {
      if (!signal.aborted) this.#options.onError(error, conversationId);
    }
  }

  /** Breaks off what runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#waiting.length = 0;
    await this.idle();
  }
}
