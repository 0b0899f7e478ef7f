/** The tables of the job that deletes old conversations. */
import type { Environment } from '../../domain/scope.ts';

/** What a run that is under way, or was cut off, has deleted. */
export interface RetentionRunTable {
  organization_id: string;
  environment: Environment;
  conversations: number;
  sessions: number;
  messages: number;
  generations: number;
  segments: number;
}

/** Which process does a job, and until when, by the database's clock. */
export interface JobLeaseTable {
  name: string;
  holder: string;
  until: number;
}

export interface RetentionTables {
  retention_run: RetentionRunTable;
  job_lease: JobLeaseTable;
}
