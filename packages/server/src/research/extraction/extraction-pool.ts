/**
 * Parses pages on a few threads: a hostile one can hold a parser for minutes or fill its memory, and neither may
 * reach the streams that the process serves.
 */
import { createWorkerPool } from '../../concurrency/worker-pool.ts';
import type { ExtractionCall, ExtractionResults } from './extraction-jobs.ts';

export interface ExtractionPool extends AsyncDisposable {
  /**
   * Waits for a free thread, then at most `timeoutMs`.
   * @throws WorkerError: the file can't be parsed within the limits; the signal's reason
   */
  run<Kind extends ExtractionCall['kind']>(
    call: Extract<ExtractionCall, { kind: Kind }>,
    signal: AbortSignal,
  ): Promise<ExtractionResults[Kind]>;
}

export interface ExtractionPoolOptions {
  readonly maxThreads?: number;
  /** The longest time of one job, without the time that it waits for a thread. */
  readonly timeoutMs?: number;
  readonly maxMegabytes?: number;
}

export function createExtractionPool(options: ExtractionPoolOptions = {}): ExtractionPool {
  const { maxThreads = 2, timeoutMs = 4_000, maxMegabytes = 256 } = options;
  const entry = new URL('./extraction.worker.ts', import.meta.url);
  const pool = createWorkerPool({ entry, maxWorkers: maxThreads, timeoutMs, maxMegabytes });
  return {
    async run<Kind extends ExtractionCall['kind']>(
      call: Extract<ExtractionCall, { kind: Kind }>,
      signal: AbortSignal,
    ) {
      const transfer = 'bytes' in call.job ? [call.job.bytes.buffer] : [];
      return (await pool.run(call, { signal, transfer })) as ExtractionResults[Kind];
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
