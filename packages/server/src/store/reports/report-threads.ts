/** The threads that read reports, as the main thread sees them. They start with the first report, and end without work. */
import { createWorkerPool, QueueFullError, type WorkerPool } from '../../concurrency/worker-pool.ts';
import { threads } from '../../concurrency/worker-thread.ts';
import { AppError } from '../../domain/errors.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import { type DataPlace, fromReadAnswer, type ReadAnswer } from '../own-connection.ts';
import type { ReportArgs, ReportName, ReportResult } from './registry.ts';
import type { ReportCall } from './report.worker.ts';

export interface Reporter {
  /**
   * Reads what takes long, on a thread of its own. No organization's reports keep those of others waiting.
   * @throws AppError overloaded, where too many reports of the organization wait; where the store is not available
   */
  report<N extends ReportName>(name: N, args: ReportArgs<N>): Promise<ReportResult<N>>;
}

const maxThreads = 2;
/** Reports of one organization that wait, at most. */
const maxWaiting = 32;

export type ReportThreads = Reporter & AsyncDisposable & Pick<WorkerPool, 'readings'>;

export function createReportThreads(workerData: DataPlace): ReportThreads {
  const entry = new URL('./report.worker.ts', import.meta.url);
  // PostgreSQL's client takes what the URL leaves out from the environment.
  const pool = createWorkerPool({
    start: threads({ entry, workerData, sharesEnvironment: true }),
    maxWorkers: maxThreads,
    maxWaiting,
  });
  return {
    async report<N extends ReportName>(name: N, args: ReportArgs<N>): Promise<ReportResult<N>> {
      const call: ReportCall = { name, args };
      const { organizationId: owner }: OrganizationScope = args.scope;
      const answer = (await pool.run(call, { owner }).catch((error: unknown) => {
        if (!(error instanceof QueueFullError)) throw error;
        throw new AppError(
          'overloaded',
          'too many reports of this organization are being read; retry shortly',
        );
      })) as ReadAnswer;
      return fromReadAnswer(answer) as ReportResult<N>;
    },
    readings: () => pool.readings(),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
