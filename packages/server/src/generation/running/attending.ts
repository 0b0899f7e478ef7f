/** Finds the generations that are this process's to run and that it does not run yet, and starts them. */
import { isTerminal } from '../../domain/generation.ts';
import {
  readCancelRequests,
  readGeneration,
  readRunningGenerations,
} from '../../store/queries/generations.ts';
import type { Database } from '../../store/store.ts';
import type { Lives } from '../log/live-generations.ts';
import type { Runner } from './runner.ts';

export interface AttendingOptions {
  readonly reads: Database;
  readonly lives: Lives;
  readonly runner: Runner;
  /** The owner that this process is; undefined between two. */
  owner(): number | undefined;
  /** Runs a job that nobody waits for. */
  background(job: Promise<unknown>): void;
  /** A generation that was waiting, or that a dead process left, runs here now. */
  onRuns(generationId: string): void;
}

/** How long a command may still be stored whose answer was lost, in milliseconds. */
const unansweredMs = 120_000;

export class Attending {
  readonly #options: AttendingOptions;
  /** Generations that become live as soon as the store has answered an acceptance or a claim. */
  readonly #arriving = new Set<string>();
  /** Generations that this process may have started, since the answer to their acceptance was lost; by their owner. */
  readonly #unanswered = new Map<string, { readonly owner: number; readonly until: number }>();
  /** Generations that are marked running here, but were not live at the last look. */
  #unattended = new Set<string>();

  constructor(options: AttendingOptions) {
    this.#options = options;
  }

  /** Runs what makes the generation live; nobody else starts it meanwhile. */
  async arriving<T>(generationId: string, job: () => Promise<T>): Promise<T> {
    this.#arriving.add(generationId);
    try {
      return await job();
    } finally {
      this.#arriving.delete(generationId);
    }
  }

  /** False if the lease was lost meanwhile; the process that claimed the generation then runs it. */
  owns({ owner }: { readonly owner: number | null }): boolean {
    return owner !== null && owner === this.#options.owner();
  }

  /** The answer to the acceptance of this generation was lost: it is stored, or will be, or never. */
  unanswered(generationId: string, owner: number): void {
    this.#unanswered.set(generationId, { owner, until: performance.now() + unansweredMs });
  }

  /** Starts a generation that this process has stored as running. */
  async attend(generationId: string): Promise<void> {
    const { reads, lives, runner, onRuns } = this.#options;
    if (lives.find(generationId) !== undefined) return;
    const row = await readGeneration(reads, generationId);
    if (row === undefined || row.status !== 'running' || !this.owns(row)) return;
    const events = await runner.readLog(row);
    if (events === undefined || lives.find(generationId) !== undefined || !this.owns(row)) return;
    const run = runner.startStored(row, events, false);
    onRuns(generationId);
    await run;
  }

  /** Goes on with a generation that a dead process left. If that fails, the next look finds it. */
  async recover(generationId: string): Promise<void> {
    const { reads, lives, runner, background, onRuns } = this.#options;
    if (this.#arriving.has(generationId)) return;
    await this.arriving(generationId, async () => {
      const row = await readGeneration(reads, generationId);
      if (row === undefined || isTerminal(row.status)) return;
      const events = await runner.readLog(row);
      if (events === undefined || lives.find(generationId) !== undefined || !this.owns(row)) return;
      background(runner.startStored(row, events, true));
      onRuns(generationId);
    });
  }

  /** Applies cancel requests of other processes, and starts what is marked running here but is not live. */
  async lookAround(owner: number): Promise<void> {
    const { reads, lives, background } = this.#options;
    for (const id of await readCancelRequests(reads, owner)) lives.find(id)?.cancel();
    const unattended = new Set<string>();
    for (const { id, sessionId } of await readRunningGenerations(reads, owner)) {
      if (lives.find(id) !== undefined || lives.isAbandoned(id) || this.#arriving.has(id)) continue;
      // It was missing twice in a row, so the store has answered the end of the turn before it by now.
      if (!this.#unattended.has(id)) unattended.add(id);
      else background(this.#wasStartedHere(id, sessionId, owner) ? this.attend(id) : this.recover(id));
    }
    this.#unattended = unattended;
    const now = performance.now();
    for (const [id, { until }] of this.#unanswered) if (until < now) this.#unanswered.delete(id);
  }

  /**
   * Whether a command of this process has started it, whose answer was lost: its acceptance, or the end of the turn before
   * it, which is tried again. Otherwise it was claimed, and who had it before may have called the model.
   */
  #wasStartedHere(generationId: string, sessionId: string, owner: number): boolean {
    return this.#unanswered.get(generationId)?.owner === owner || this.#options.lives.hasSession(sessionId);
  }
}
