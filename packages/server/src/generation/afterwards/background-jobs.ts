/** A bounded queue for work in the background, such as titles and summaries. */

export interface BackgroundJobsOptions {
  /** Most jobs that run at the same time. */
  readonly maxRunning: number;
  /** Most jobs that may wait for that; further ones are not taken. */
  readonly maxWaiting: number;
  /** Called with the error of a job; not called for jobs that the disposal broke off. */
  onError(error: unknown, key: string): void;
}

type Job = (signal: AbortSignal) => Promise<unknown>;

export class BackgroundJobs implements AsyncDisposable {
  readonly #options: BackgroundJobsOptions;
  readonly #abort = new AbortController();
  readonly #waiting = new Map<string, Job>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: BackgroundJobsOptions) {
    this.#options = options;
  }

  get counts(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running.size, waiting: this.#waiting.size };
  }

  /** Whether `add` would take a job with this key: there is room, and none with the same key is waiting or running. */
  accepts(key: string): boolean {
    if (this.#abort.signal.aborted || this.#waiting.has(key) || this.#running.has(key)) return false;
    return this.#running.size < this.#options.maxRunning || this.#waiting.size < this.#options.maxWaiting;
  }

  /** Starts the job, at once or when another has ended; passes it over where `accepts` is false. Never throws. */
  add(key: string, job: Job): void {
    if (!this.accepts(key)) return;
    this.#waiting.set(key, job);
    this.#startNext();
  }

  /** Resolves once no job is waiting or running. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  /** Drops what waits, aborts what runs, and waits for it to end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#waiting.clear();
    await this.idle();
  }

  #startNext(): void {
    if (this.#running.size >= this.#options.maxRunning) return;
    const [next] = this.#waiting;
    if (next === undefined) return;
    const [key, job] = next;
    this.#waiting.delete(key);
    const running = this.#run(key, job).finally(() => {
      this.#running.delete(key);
      this.#startNext();
    });
    this.#running.set(key, running);
  }

  async #run(key: string, job: Job): Promise<void> {
    const { signal } = this.#abort;
    try {
      await job(signal);
    } catch (error) {
      if (!signal.aborted) this.#options.onError(error, key);
    }
  }
}
