/** What follows an answer in the background: the conversation's title, and summaries of what will no longer fit. */
import type { GenerationStatus } from '../../domain/generation.ts';
import type { Logger } from '../../domain/logger.ts';
import type { Store } from '../../store/store.ts';
import type { SideCalls } from '../calls/side-calls.ts';
import type { Job } from '../running/job.ts';
import type { BackgroundJobs } from './background-jobs.ts';
import { Summarizer } from './summarizer.ts';
import { Titler } from './titles.ts';

export interface AfterwardsOptions {
  readonly store: Store;
  readonly sideCalls: SideCalls;
  readonly now: () => number;
  /** Whether models name new conversations, where their organization says nothing. */
  readonly titles: boolean;
  /** Whether models summarise what no longer fits, where the organization says nothing. */
  readonly summaries: boolean;
  readonly log: Pick<Logger, 'debug' | 'warn'>;
}

export class Afterwards implements AsyncDisposable {
  readonly #summarizer: Summarizer;
  readonly #titler: Titler;

  constructor({ titles, summaries, log, ...shared }: AfterwardsOptions) {
    this.#summarizer = new Summarizer({
      ...shared,
      isOn: summaries,
      onError: (error, session) =>
        log.warn({ err: error, session }, 'a summary could not be made; the next answer tries again'),
    });
    this.#titler = new Titler({
      ...shared,
      isOn: titles,
      onError: (error, conversation) =>
        log.debug({ err: error, conversation }, 'a conversation keeps its automatic title'),
    });
  }

  /** A job's model has answered, and the generation's end is stored. */
  afterFinish(job: Job, status: GenerationStatus): void {
    if (job.live.identity.isEphemeral === true) return;
    if (status !== 'failed') this.#summarizer.afterFinish(job);
    if (status === 'done') this.#titler.afterFinish(job);
  }

  /** Titles and summaries together. */
  get jobCounts(): BackgroundJobs['counts'] {
    const [summaries, titles] = [this.#summarizer.jobCounts, this.#titler.jobCounts];
    return {
      running: summaries.running + titles.running,
      waiting: summaries.waiting + titles.waiting,
    };
  }

  /** Resolves once no summary is being written. */
  summariesWritten(): Promise<void> {
    return this.#summarizer.idle();
  }

  /** Resolves once no title is being written. */
  titlesWritten(): Promise<void> {
    return this.#titler.idle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#titler[Symbol.asyncDispose]();
    await this.#summarizer[Symbol.asyncDispose]();
  }
}
