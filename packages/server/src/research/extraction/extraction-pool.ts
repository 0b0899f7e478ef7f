/**
 * Parses pages in a few processes of their own: a hostile page can hold a parser for minutes or fill its memory, which
 * in a thread would end the whole program.
 */
import { createWorkerPool, type WorkerLoss } from '../../concurrency/worker-pool.ts';
import { processes } from '../../concurrency/worker-process.ts';
import type { ExtractionCall, ExtractionResults } from './extraction-jobs.ts';

export interface ExtractionPool extends AsyncDisposable {
  /**
   * Waits for a free process, then at most `timeoutMs`.
   * @throws QueueFullError: too many files of the owner wait; WorkerError: the file can't be parsed within the limits; the signal's reason
   */
  run<Kind extends ExtractionCall['kind']>(
    call: Extract<ExtractionCall, { kind: Kind }>,
    options: ExtractionRunOptions,
  ): Promise<ExtractionResults[Kind]>;
  /** Starts the processes ahead of the first file. Resolves once one is ready, or none will be for now. */
  prepare(): Promise<void>;
}

export interface ExtractionRunOptions {
  readonly signal: AbortSignal;
  /** The organization that the file is read for: none keeps the files of others waiting for long. */
  readonly owner?: string | undefined;
}

export interface ExtractionPoolOptions {
  readonly maxProcesses?: number;
  /** The longest time of one job, without the time that it waits for a process. */
  readonly timeoutMs?: number;
  /** Bounds on the heap and on the resident memory of a process, in megabytes. */
  readonly maxHeapMegabytes?: number;
  readonly maxResidentMegabytes?: number;
  /** The most files of one owner that wait for a process, and the most bytes of them. */
  readonly maxWaiting?: number;
  readonly maxWaitingBytes?: number;
  /** A process without work ends after this time. */
  readonly idleMs?: number;
  /** Called once for each process that a file has ended, or that did not start. */
  readonly onLost?: (loss: WorkerLoss) => void;
}

/** JSON needs at most six bytes for a UTF-16 unit, and a page's text has at most 60,000 of them. */
const maxAnswerBytes = 1024 * 1024;

export function createExtractionPool(options: ExtractionPoolOptions = {}): ExtractionPool {
  const { maxProcesses = 2, timeoutMs = 4_000, idleMs, onLost } = options;
  const start = processes({
    entry: new URL('./extraction.worker.ts', import.meta.url),
    maxHeapMegabytes: options.maxHeapMegabytes ?? 192,
    maxResidentMegabytes: options.maxResidentMegabytes ?? 384,
    maxAnswerBytes,
  });
  const pool = createWorkerPool({
    start,
    maxWorkers: maxProcesses,
    timeoutMs,
    // Ten researches at once, whose pages take some seconds where they are ordinary ones.
    maxWaiting: options.maxWaiting ?? 60,
    maxWaitingWeight: options.maxWaitingBytes ?? 64 * 1024 * 1024,
    ...(idleMs !== undefined && { idleMs }),
    ...(onLost !== undefined && { onLost }),
  });
  return {
    async run<Kind extends ExtractionCall['kind']>(
      call: Extract<ExtractionCall, { kind: Kind }>,
      { signal, owner }: ExtractionRunOptions,
    ) {
      const { job } = call;
      const weight = 'bytes' in job ? job.bytes.length : job.text.length;
      const options = { signal, weight, ...(owner !== undefined && { owner }) };
      return (await pool.run(call, options)) as ExtractionResults[Kind];
    },
    prepare: () => pool.prepare(),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
