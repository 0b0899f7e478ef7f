/**
 * The writer's thread does all writes. Requests that have arrived together share one commit, as many as it has time for;
 * journal rows, which readers wait for, come before commands, so that no tenant's commands hold up another one's tokens. If
 * a command fails, the batch runs again with each command in a savepoint of its own, so that only the failing command is
 * rolled back.
 */
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { collectOnceIdle } from '../../concurrency/collect-once-idle.ts';
import { AppError, serializeError } from '../../domain/errors.ts';
import { runCommand } from '../command.ts';
import type { CommandContext } from '../command-context.ts';
import { isUniqueViolation, writeConflict } from '../constraint.ts';
import { migrate } from '../migrate.ts';
import { isUnavailable, RolledBackError } from '../unavailable.ts';
import { kyselyOn, openForWriting } from './database.ts';
import type { WriterError, WriterOptions, WriterReply, WriterRequest } from './protocol.ts';
import { takeScrubStep } from './scrub-steps.ts';
import { createWriteAhead } from './write-ahead.ts';

if (parentPort === null) throw new Error('the writer runs as a worker thread');
const port = parentPort;
const { path } = workerData as WriterOptions;
const database: DatabaseSync = openForWriting(path);
const context: CommandContext = { db: kyselyOn(database), engine: 'sqlite' };
/** Of a batch's first run; if that fails, all of it is rolled back and runs again. */
const firstContext: CommandContext = { ...context, runsAgain: true };

// Each statement of a migration would commit by itself, and a process that dies would leave a half of one.
const writeAhead = createWriteAhead(database);
writeAhead.begin();
await migrate(context.db, 'sqlite');
writeAhead.commit();

const savepoint = database.prepare('savepoint command');
const release = database.prepare('release command');
const appendRow = database.prepare(
  `insert into journal (owner, n, payload)
   select ?1, ?2, ?3 where exists (select 1 from owner where id = ?1 and fenced_at is null)
   on conflict do nothing`,
);
const isFenced = database.prepare('select 1 from owner where id = ? and fenced_at is null');

/** How long a batch may take before it is committed, in milliseconds; the request that is under way then ends. */
const batchMs = 4;

type ScrubRequest = Extract<WriterRequest, { kind: 'scrub' }>;
type WriteRequest = Exclude<WriterRequest, ScrubRequest>;

const waiting: WriterRequest[] = [];
let running = false;

port.on('message', (requests: WriterRequest[] | 'close') => {
  if (requests === 'close') {
    // Somebody else's connection may keep the file, but not what is in it.
    takeScrubStep(database, 'truncate');
    database.close();
    port.close();
    return;
  }
  waiting.push(...requests);
  if (!running) void drain();
});
port.postMessage('ready');
collectOnceIdle(() => !running);

async function drain(): Promise<void> {
  running = true;
  while (waiting.length > 0) {
    const { journal = [], command = [], scrub = [] } = Object.groupBy(waiting.splice(0), ({ kind }) => kind);
    const writes = [...journal, ...command] as WriteRequest[];
    if (writes.length > 0) {
      const replies = await commitTogether(writes);
      port.postMessage(replies);
      waiting.unshift(...writes.slice(replies.length));
    }
    // These begin transactions of their own.
    for (const request of scrub) port.postMessage([takeStep(request as ScrubRequest)]);
    for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port)) {
      if (more.message === 'close') setImmediate(() => port.emit('message', 'close'));
      else waiting.push(...(more.message as WriterRequest[]));
    }
  }
  running = false;
}

function takeStep({ id, step }: ScrubRequest): WriterReply {
  try {
    writeAhead.beforeStatement();
    return { id, ok: true, value: takeScrubStep(database, step) };
  } catch (error) {
    return { id, ok: false, error: describe(error) };
  } finally {
    writeAhead.afterStatement();
  }
}

/**
 * Commits the first requests of a batch, and gives their replies. It runs them without savepoints: they take a tenth of the
 * writer's time, and hardly any command fails.
 */
async function commitTogether(batch: readonly WriteRequest[]): Promise<WriterReply[]> {
  try {
    const replies: WriterReply[] = [];
    const end = performance.now() + batchMs;
    writeAhead.begin();
    for (const request of batch) {
      replies.push({ id: request.id, ok: true, value: await run(firstContext, request) });
      if (performance.now() > end) break;
    }
    writeAhead.commit();
    return replies;
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    const [only] = batch;
    if (only === undefined || batch.length > 1 || !isLasting(error)) return await commitWithSavepoints(batch);
    return [{ id: only.id, ok: false, error: describe(error) }];
  }
}

/** Whether a command that runs alone would fail again in the same way. */
function isLasting(error: unknown): boolean {
  return error instanceof AppError || isUniqueViolation(error) || isUnavailable(error);
}

async function commitWithSavepoints(batch: readonly WriteRequest[]): Promise<WriterReply[]> {
  const replies: WriterReply[] = [];
  try {
    const end = performance.now() + batchMs;
    writeAhead.begin();
    for (const request of batch) {
      replies.push(await runInSavepoint(request));
      // A full disk or an I/O error makes SQLite roll the whole transaction back on its own.
      if (!database.isTransaction) throw new RolledBackError();
      if (performance.now() > end) break;
    }
    writeAhead.commit();
    return replies;
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    const failure = describe(error);
    const tried = replies.length === 0 ? batch : batch.slice(0, replies.length);
    return tried.map((request, index) => {
      const reply = replies[index];
      return reply !== undefined && !reply.ok ? reply : { id: request.id, ok: false, error: failure };
    });
  }
}

async function runInSavepoint(request: WriteRequest): Promise<WriterReply> {
  try {
    savepoint.run();
    const value = await run(context, request);
    release.run();
    return { id: request.id, ok: true, value };
  } catch (error) {
    if (database.isTransaction) database.exec('rollback to command; release command');
    return { id: request.id, ok: false, error: describe(error) };
  }
}

function run(context: CommandContext, request: WriteRequest): unknown {
  if (request.kind === 'journal') return append(request.row);
  return runCommand(context, request.name, request.args as never, request.claim, request.origin);
}

function append(row: Extract<WriterRequest, { kind: 'journal' }>['row']): 'committed' | 'fenced' {
  const { changes } = appendRow.run(row.owner, row.n, row.payload);
  if (changes === 1) return 'committed';
  return isFenced.get(row.owner) === undefined ? 'fenced' : 'committed';
}

function describe(error: unknown): WriterError {
  if (error instanceof AppError) return { kind: 'app', error: serializeError(error) };
  if (isUniqueViolation(error)) return { kind: 'app', error: serializeError(writeConflict()) };
  if (isUnavailable(error)) return { kind: 'unavailable', message: (error as Error).message };
  if (error instanceof Error) return { kind: 'other', message: error.message, stack: error.stack };
  return { kind: 'other', message: String(error), stack: undefined };
}
