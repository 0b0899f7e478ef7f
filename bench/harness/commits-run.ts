/** One run of the simulated commit path: so many owners on a database of their own, in this process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { newTurn } from 'colloquy-testkit/new-turn';
import { sql } from 'kysely';
import { newId } from '../../packages/server/src/domain/ids.ts';
import { LiveGeneration } from '../../packages/server/src/generation/log/live-generation.ts';
import { LogWriter } from '../../packages/server/src/generation/log/log-writer.ts';
import { SegmentMover } from '../../packages/server/src/generation/log/segment-mover.ts';
import { openStore } from '../../packages/server/src/store/open.ts';
import type { Store } from '../../packages/server/src/store/store.ts';
import { createBenchDatabase } from './postgres.ts';
import { totalCpuMs } from './proc.ts';
import { percentile } from './statistics.ts';
import { tokenIndex, vocabulary } from './vocabulary.ts';

export interface CommitsLoad {
  readonly owners: number;
  /** Answers of each owner. */
  readonly streams: number;
  /** Tokens a second of each answer. */
  readonly rate: number;
  readonly windowMs: number;
}

export interface CommitsRun {
  readonly owners: number;
  readonly wantedPerSecond: number;
  readonly tokensPerSecond: number;
  readonly commitsPerSecond: number;
  readonly commitMs: { readonly p50: number; readonly p99: number };
  /** CPU of PostgreSQL's backends. */
  readonly backendUsPerToken: number;
  readonly walPerToken: number;
  /** CPU of this process, which is all servers together; near 1 it is the bound, and not PostgreSQL. */
  readonly ownCores: number;
}

const rampMs = 2500;
const stepMs = 10;

export async function runCommits(load: CommitsLoad): Promise<CommitsRun> {
  const database = await createBenchDatabase();
  if (database === undefined) throw new Error('PostgreSQL is needed');
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(database);
  const store = cleanup.use(
    await openStore({
      dataDir: '/nonexistent',
      databaseUrl: database.url,
      // A commit and a move of each at a time.
      poolSize: 2 * load.owners + 2,
      onConnectionError: () => undefined,
    }),
  );
  const organizationId = newId();
  await store.execute('createOrganization', { id: organizationId, name: 'bench', now: Date.now() });
  const commitMs: number[] = [];
  const lives: LiveGeneration[] = [];
  const closes: (() => void)[] = [];
  const stopPacing: (() => void)[] = [];
  for (let index = 0; index < load.owners; index += 1) {
    const one = await startOwner(store, organizationId, load, (ms) => void commitMs.push(ms));
    lives.push(...one.lives);
    closes.push(one.close);
    stopPacing.push(one.stopPacing);
  }
  await sleep(rampMs);
  commitMs.length = 0;
  const reading = async () => ({
    atMs: performance.now(),
    committed: lives.reduce((sum, live) => sum + live.committedSeq, 0),
    backendMs: totalCpuMs(await database.backendPids()),
    own: process.cpuUsage(),
    wal: await walBytes(store),
    commits: commitMs.length,
  });
  const before = await reading();
  await sleep(load.windowMs);
  const after = await reading();
  for (const stop of stopPacing) stop();
  for (const close of closes) close();
  await Promise.all(lives.map((live) => live.commitUnderWay));
  const seconds = (after.atMs - before.atMs) / 1000;
  const tokens = after.committed - before.committed;
  const own = after.own.user + after.own.system - before.own.user - before.own.system;
  return {
    owners: load.owners,
    wantedPerSecond: load.owners * load.streams * load.rate,
    tokensPerSecond: tokens / seconds,
    commitsPerSecond: (after.commits - before.commits) / seconds,
    commitMs: { p50: percentile(commitMs, 0.5), p99: percentile(commitMs, 0.99) },
    backendUsPerToken: ((after.backendMs - before.backendMs) * 1000) / tokens,
    walPerToken: (after.wal - before.wal) / tokens,
    ownCores: own / 1e6 / seconds,
  };
}

async function walBytes(store: Store): Promise<number> {
  const query = sql<{ bytes: string }>`select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes`;
  return Number((await query.execute(store.reads)).rows[0]?.bytes);
}

/** A server as far as commits go: its answers are stored as running, and get their tokens at the pace. */
async function startOwner(
  store: Store,
  organizationId: string,
  { streams, rate }: CommitsLoad,
  onCommitted: (ms: number) => void,
) {
  const { owner } = await store.execute('registerOwner', { leaseMs: 600_000 });
  let isOver = false;
  const fail = (error: unknown): void => {
    // A move that is under way at the end finds the store closed.
    if (!isOver) console.error(error);
  };
  const lives = await Promise.all(
    Array.from({ length: streams }, () => startGeneration(store, organizationId, owner)),
  );
  const onFenced = (): void => fail(new Error('the owner was fenced'));
  const writer = new LogWriter({ store, owner, onFenced, onRetry: fail, onCommitted });
  const mover = new SegmentMover({ store, owner, writer, lives, onError: fail });
  for (const live of lives) live.append({ type: 'part-started', kind: 'text' });
  const startedAt = performance.now();
  const sent = lives.map(() => 0);
  const pacing = setInterval(() => {
    for (const [index, live] of lives.entries()) {
      // The answers are not in step.
      const due = Math.floor(((performance.now() - startedAt) / 1000) * rate + index / streams);
      for (let at = sent[index] ?? 0; at < due; at += 1) {
        live.append(vocabulary[tokenIndex(index, at)] ?? '');
        writer.touch(live, false);
      }
      sent[index] = due;
    }
  }, stepMs);
  return {
    lives,
    stopPacing: () => clearInterval(pacing),
    close() {
      isOver = true;
      mover[Symbol.dispose]();
      writer.close();
    },
  };
}

async function startGeneration(store: Store, organizationId: string, owner: number): Promise<LiveGeneration> {
  const turn = await store.execute('acceptTurn', newTurn({ organizationId, owner }));
  const { generationId: id, conversationId, sessionId, answerMessageId: messageId } = turn;
  return new LiveGeneration({ id, conversationId, sessionId, messageId }, turn.events);
}
