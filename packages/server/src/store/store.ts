/** The store as the rest of the program sees it. */

import type { PoolReadings } from '../concurrency/worker-pool.ts';
import type { AuditOrigin } from '../domain/audit/trail.ts';
import type { Scope } from '../domain/scope.ts';
import type {
  ClaimedCommandName,
  CommandArgs,
  CommandName,
  CommandResult,
  Executed,
  IdempotencyClaim,
} from './command.ts';
import type { JournalOutcome, JournalRow } from './journal.ts';
import type { Reporter } from './reports/report-threads.ts';
import type { FoundConversation, MatchPage } from './search/find.ts';
import type { IndexStep, PreparedStep } from './search/pending.ts';
import type { Database, StoreEngine } from './tables.ts';

export type { Database, StoreEngine } from './tables.ts';

/**
 * Where copies of erased data may be for a while: `unused-pages` and `write-ahead` are SQLite's, until the server is
 * quiet or stops; `dead-rows` and `write-ahead-log` PostgreSQL's, until its vacuum and its checkpoints.
 */
export type Leftover = 'unused-pages' | 'write-ahead' | 'dead-rows' | 'write-ahead-log';

/** How the store is at the moment, as seen from this process. */
export interface StoreReadings {
  /** Size of the database in bytes, with SQLite's write-ahead file. */
  readonly bytes: number;
  /** Connections to PostgreSQL; null on SQLite. */
  readonly connections: { readonly open: number; readonly idle: number; readonly waiting: number } | null;
  /** The threads for long reads. */
  readonly threads: { readonly search: PoolReadings; readonly reports: PoolReadings };
}

export interface Store extends AsyncDisposable, Reporter {
  readonly engine: StoreEngine;
  /** The connection for reads. Never keep a read open across an `await` of anything else. */
  readonly reads: Database;
  /**
   * Runs a command; resolves once it is committed to the disk. With an origin, the same transaction writes a row of the
   * audit trail, if there was something to do.
   * @throws AppError as the command does; nothing of it is stored then
   */
  execute<N extends CommandName>(
    name: N,
    args: CommandArgs<N>,
    origin?: AuditOrigin,
  ): Promise<CommandResult<N>>;
  /** Like `execute`, under an idempotency claim if there is one. */
  executeOnce<N extends ClaimedCommandName>(
    name: N,
    args: CommandArgs<N>,
    claim: IdempotencyClaim | undefined,
    origin?: AuditOrigin,
  ): Promise<Executed<CommandResult<N>>>;
  /** Commits one journal row. Calling again with the same `n` after an error is safe: it is stored once. */
  appendJournal(row: JournalRow): Promise<JournalOutcome>;
  /** Full-text search over titles and messages, on a thread of its own: the best match first. */
  search(scope: Scope, query: string, page: MatchPage): Promise<readonly FoundConversation[]>;
  /** Prepares the next texts for the search index, on the same thread; the command `indexSearch` takes them. */
  prepareSearchIndex(step: IndexStep): Promise<PreparedStep>;
  /**
   * Removes from the store's files what erased data has left there, as far as no other write waits long for that.
   * Returns where copies may be left.
   */
  scrub(): Promise<readonly Leftover[]>;
  /** Whether the store answers, for `/readyz`. */
  isReady(): Promise<boolean>;
  /** For metrics; asks the database for its size. */
  readings(): Promise<StoreReadings>;
}
