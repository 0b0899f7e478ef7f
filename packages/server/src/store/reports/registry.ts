/** The reads that take long, by name. They run on threads of their own. */
import { readUsage } from './usage-report.ts';

/** Each takes the thread's connection, its engine and plain data, and gives plain data. */
export const reports = { usage: readUsage } as const;

type Reports = typeof reports;
export type ReportName = keyof Reports;
export type ReportArgs<N extends ReportName> = Parameters<Reports[N]>[2];
export type ReportResult<N extends ReportName> = Awaited<ReturnType<Reports[N]>>;
