/** The embedded store: one file in the data directory. */
import { chmodSync, closeSync, openSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { AuditOrigin } from '../../domain/audit/trail.ts';
import type { CommandArgs, CommandName, CommandResult, Executed, IdempotencyClaim } from '../command.ts';
import type { JournalOutcome } from '../journal.ts';
import { makeDataDirectory } from '../opening/data-directory.ts';
import { createReportThreads } from '../reports/report-threads.ts';
import { catchUp } from '../search/indexer.ts';
import { createSearchThread } from '../search/search-thread.ts';
import type { Store } from '../store.ts';
import { kyselyOn, openForReading } from './database.ts';
import { SqliteReadMemory } from './read-memory.ts';
import { createScrubber } from './scrubber.ts';
import { lockForServer } from './server-lock.ts';
import { refuseForeignWriteAhead } from './write-ahead.ts';
import { startSqliteWriter } from './writer.ts';

/**
 * Opens the store for the one server of this directory. `onUpkeepError` hears of failures that are tried again.
 * @throws DataDirectoryError, DataDirectoryInUseError, UnfitDatabaseError
 */
export async function openSqliteStore(
  dataDir: string,
  onUpkeepError: (error: unknown) => void = () => {},
): Promise<Store> {
  makeDataDirectory(dataDir);
  const lock = lockForServer(join(dataDir, 'server.lock'), dataDir);
  const path = join(dataDir, 'colloquy.db');
  try {
    refuseForeignWriteAhead(path);
    keepPrivate(path);
    const writer = await startSqliteWriter({ path });
    const memory = new SqliteReadMemory();
    const reads = kyselyOn(openForReading(path), memory);
    const searchThread = createSearchThread({ engine: 'sqlite', path });
    const reportThreads = createReportThreads({ engine: 'sqlite', path });
    const scrubber = createScrubber({
      reads,
      take: async (step) => (await writer.send({ kind: 'scrub', step })) as boolean,
      settle: (args) => store.execute('settleErasure', args),
      onError: onUpkeepError,
    });
    const run = async <N extends CommandName>(
      name: N,
      args: CommandArgs<N>,
      claim: IdempotencyClaim | undefined,
      origin: AuditOrigin | undefined,
    ): Promise<Executed<CommandResult<N>>> => {
      try {
        const executed = await writer.send({ kind: 'command', name, args, claim, origin });
        return executed as Executed<CommandResult<N>>;
      } finally {
        memory.commandEnded(name);
      }
    };
    const store: Store = {
      engine: 'sqlite',
      reads,
      async execute<N extends CommandName>(
        name: N,
        args: CommandArgs<N>,
        origin?: AuditOrigin,
      ): Promise<CommandResult<N>> {
        return (await run(name, args, undefined, origin)).result;
      },
      executeOnce: (name, args, claim, origin) => run(name, args, claim, origin),
      async appendJournal(row) {
        const committed = writer.send({ kind: 'journal', row });
        // The row has collected a turn of the event loop already; in a rush the next one is long.
        writer.flush();
        return (await committed) as JournalOutcome;
      },
      async search(scope, query, page) {
        await catchUp(store);
        return await searchThread.search(scope, query, page);
      },
      prepareSearchIndex: (step) => searchThread.prepareSearchIndex(step),
      report: reportThreads.report,
      scrub: () => scrubber.scrub(),
      async isReady() {
        await sql`select 1`.execute(reads);
        return true;
      },
      async readings() {
        return {
          bytes: (await sizeOf(path)) + (await sizeOf(`${path}-wal`)),
          connections: null,
          threads: { search: searchThread.readings(), reports: reportThreads.readings() },
        };
      },
      async [Symbol.asyncDispose]() {
        await searchThread[Symbol.asyncDispose]();
        await reportThreads[Symbol.asyncDispose]();
        await scrubber[Symbol.asyncDispose]();
        await reads.destroy();
        // The last connection that closes leaves one whole file, if it may write.
        await writer[Symbol.asyncDispose]();
        lock[Symbol.dispose]();
      },
    };
    return store;
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/**
 * Makes the database's file, if need be, so that only its owner reads it; SQLite gives the same mode to the files that it
 * makes beside it. Takes away what everybody else may do with the files of an older version. A group keeps its rights.
 */
function keepPrivate(path: string): void {
  if (process.platform === 'win32') return;
  closeSync(openSync(path, 'a', 0o600));
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & 0o007) !== 0) chmodSync(file, mode & 0o770);
  }
}

/** Bytes; 0 of a file that is not there. */
async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found?.size ?? 0;
}
