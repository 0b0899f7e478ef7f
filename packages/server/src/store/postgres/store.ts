/** The scaled-out store: PostgreSQL, a transaction per command. */
import { Kysely, sql } from 'kysely';
import pg from 'pg';
import type { AuditOrigin } from '../../domain/audit/trail.ts';
import { AppError } from '../../domain/errors.ts';
import {
  type ClaimedCommandName,
  type CommandArgs,
  type CommandName,
  type CommandResult,
  type Executed,
  type IdempotencyClaim,
  runCommand,
} from '../command.ts';
import { acceptInNewConversations } from '../commands/accept-turn.ts';
import { type AcceptedTurn, type StartingTurn, startsAlone } from '../commands/new-turn.ts';
import { isUniqueViolation, writeConflict } from '../constraint.ts';
import { createReportThreads } from '../reports/report-threads.ts';
import { catchUp } from '../search/indexer.ts';
import { createSearchThread } from '../search/search-thread.ts';
import type { Store } from '../store.ts';
import type { Tables } from '../tables.ts';
import { isUnavailable, orUnavailable, storeUnavailable } from '../unavailable.ts';
import { PooledDialect } from './bound-database.ts';
import { boundsOfCommands, connectionTo, surviveBrokenConnections } from './connection.ts';
import { createGrouping } from './grouping.ts';
import { prepareDatabase } from './prepare-database.ts';
import { createSenders, preparing } from './prepared.ts';
import { createReadLine } from './read-line.ts';
import { createTransact, LostBeforeCommitError } from './transaction.ts';

const serializationFailure = '40001';
const deadlockDetected = '40P01';
const maxTries = 5;
/** How many turns that start conversations are stored by one statement at most. */
const mostStarts = 32;

// Locks the owner's row until the commit, so that a process that fences this owner waits for this write. A renewal of the
// lease does not: it takes a weaker lock than a fence does.
const appendStatement = {
  name: 'append-journal',
  text: `with live as (select id from owner where id = $1 and fenced_at is null for key share)
    insert into journal (owner, n, payload) select id, $2, $3 from live on conflict do nothing`,
};

/** `pipeline` (pg 8.23) sends a query before the previous one is answered. The published types lack it. */
interface PipelinedPoolConfig extends pg.PoolConfig {
  readonly pipeline: true;
}

/** Connections stay open through quiet times: each new one would make a rush of requests wait for a server process. */
const idleTimeoutMillis = 300_000;

function isTransient(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === serializationFailure || code === deadlockDetected;
}

export interface PostgresOptions {
  readonly url: string;
  /** Maximum number of connections. */
  readonly poolSize: number;
  /** Called when a connection breaks while it is idle; the pool replaces it. */
  onConnectionError(error: Error): void;
}

/** @throws UnfitDatabaseError, and what `pg` throws where the server can't be reached */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  await prepareDatabase(options.url);
  const config: PipelinedPoolConfig = {
    ...connectionTo(options.url),
    ...boundsOfCommands,
    max: options.poolSize,
    pipeline: true,
    idleTimeoutMillis,
    allowExitOnIdle: true,
  };
  const pool = new pg.Pool(config);
  pool.on('error', options.onConnectionError);
  surviveBrokenConnections(pool);
  const senderOf = createSenders();
  const readLine = createReadLine({
    config: { ...connectionTo(options.url), ...boundsOfCommands, pipeline: true } as PipelinedPoolConfig,
    senderOf: createSenders(setImmediate),
    onConnectionError: options.onConnectionError,
  });
  const db = new Kysely<Tables>({
    dialect: new PooledDialect(preparing(pool, senderOf), (text, values) =>
      orUnavailable(readLine.send(text, values)),
    ),
  });
  const transact = createTransact(pool, senderOf);
  const searchThread = createSearchThread({ engine: 'postgres', url: options.url });
  const reportThreads = createReportThreads({ engine: 'postgres', url: options.url });

  async function runAlone<N extends CommandName>(
    name: N,
    args: CommandArgs<N>,
    claim: IdempotencyClaim | undefined,
    origin?: AuditOrigin,
  ): Promise<Executed<CommandResult<N>>> {
    for (let tries = 1; ; tries++) {
      try {
        return await transact((context) => runCommand(context, name, args, claim, origin));
      } catch (error) {
        if ((isTransient(error) || error instanceof LostBeforeCommitError) && tries < maxTries) continue;
        if (isUniqueViolation(error)) throw writeConflict();
        throw isUnavailable(error) ? storeUnavailable(error as Error) : error;
      }
    }
  }
  const start = createGrouping<StartingTurn, Executed<AcceptedTurn>>({
    most: mostStarts,
    async together(turns) {
      const accepted = await transact((context) => acceptInNewConversations(context, turns));
      return accepted.map((result) => ({ result, replayed: false }));
    },
    alone: (turn) => runAlone('acceptTurn', turn, undefined),
    tellApart(error) {
      // Where the answer to the commit was lost, they may be stored.
      if (!isTransient(error) && isUnavailable(error)) throw storeUnavailable(error as Error);
      if (error instanceof AppError && error.code === 'overloaded') throw error;
    },
  });

  async function run<N extends CommandName>(
    name: N,
    args: CommandArgs<N>,
    claim: IdempotencyClaim | undefined,
    origin?: AuditOrigin,
  ): Promise<Executed<CommandResult<N>>> {
    if (name === 'acceptTurn' && claim === undefined) {
      const turn = args as CommandArgs<'acceptTurn'>;
      if (startsAlone(turn)) return (await start(turn)) as Executed<CommandResult<N>>;
    }
    return await runAlone(name, args, claim, origin);
  }

  const store: Store = {
    engine: 'postgres',
    reads: db,
    async execute<N extends CommandName>(
      name: N,
      args: CommandArgs<N>,
      origin?: AuditOrigin,
    ): Promise<CommandResult<N>> {
      return (await run(name, args, undefined, origin)).result;
    },
    executeOnce<N extends ClaimedCommandName>(
      name: N,
      args: CommandArgs<N>,
      claim: IdempotencyClaim | undefined,
      origin?: AuditOrigin,
    ): Promise<Executed<CommandResult<N>>> {
      return run(name, args, claim, origin);
    },
    async appendJournal(row) {
      const result = await pool.query({ ...appendStatement, values: [row.owner, row.n, row.payload] });
      if (result.rowCount === 1) return 'committed';
      const live = await pool.query('select 1 from owner where id = $1 and fenced_at is null', [row.owner]);
      return live.rowCount === 1 ? 'committed' : 'fenced';
    },
    async search(scope, query, page) {
      await catchUp(store);
      return await searchThread.search(scope, query, page);
    },
    prepareSearchIndex: (step) => searchThread.prepareSearchIndex(step),
    report: reportThreads.report,
    scrub: async () => ['dead-rows', 'write-ahead-log'],
    async isReady() {
      await sql`select 1`.execute(db);
      return true;
    },
    async readings() {
      const { rows } = await sql<{
        bytes: unknown;
      }>`select pg_database_size(current_database()) as bytes`.execute(db);
      const { totalCount: open, idleCount: idle, waitingCount: waiting } = pool;
      return {
        bytes: Number(rows[0]?.bytes),
        connections: { open, idle, waiting },
        threads: { search: searchThread.readings(), reports: reportThreads.readings() },
      };
    },
    async [Symbol.asyncDispose]() {
      await searchThread[Symbol.asyncDispose]();
      await reportThreads[Symbol.asyncDispose]();
      await readLine[Symbol.asyncDispose]();
      await db.destroy();
    },
  };
  return store;
}
