/**
 * Takes erased data out of the database's files. A deleted row is overwritten with zeros (`secure_delete`), but three
 * kinds of copies stay: the tokens in the search index, whose entries are only marked as deleted; small rows in unused
 * parts of pages, where SQLite moved rows from page to page; and the write-ahead file. The first goes in small steps.
 * The second takes a `vacuum`, during which all writes wait, so a large file waits for it until the server is quiet.
 * The table `erasure` says that something is left, so that a process that dies leaves the rest to the next one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { every } from '../../concurrency/every.ts';
import type { Leftover } from '../store.ts';
import type { Database } from '../tables.ts';
import type { ScrubStep } from './protocol.ts';

export interface ScrubberOptions {
  readonly reads: Database;
  take(step: ScrubStep): Promise<boolean>;
  /** Runs the command `settleErasure`. */
  settle(args: { readonly count: number }): Promise<unknown>;
  /** A step failed, as on a full disk; it is tried again later. */
  onError(error: unknown): void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly intervalMs?: number;
}

export interface Scrubber extends AsyncDisposable {
  scrub(): Promise<readonly Leftover[]>;
}

export interface CompactionState {
  readonly bytes: number;
  /** Time since the first erasure that is left. */
  readonly waitingMs: number;
  readonly sinceLastMs: number;
  /** Whether no answer is being generated. */
  readonly isQuiet: boolean;
  /** Whether a caller waits, who erased what must not stay. */
  readonly isAsked: boolean;
  readonly isClosing: boolean;
}

/** A file of this size is written anew in one or two tenths of a second. */
const smallBytes = 32 * 1024 * 1024;
const betweenCompactionsMs = 10_000;
/** Below this, a stopping server takes the time. */
const closingBytes = 1024 * 1024 * 1024;
/** How long a large file waits for a quiet moment, and a small one for being written anew in a busy one. */
const patienceMs = 600_000;
const longestMs = 24 * 3_600_000;

/** Whether the file may be written anew now, while all writes wait. */
export function mayCompact(state: CompactionState): boolean {
  if (state.isClosing) return state.bytes <= closingBytes;
  if (state.sinceLastMs < betweenCompactionsMs) return false;
  const isPatient = state.waitingMs < patienceMs;
  if (state.bytes <= smallBytes) return state.isAsked || state.isQuiet || !isPatient;
  return (state.isQuiet && !isPatient) || state.waitingMs >= longestMs;
}

/** Longer than events stay in the journal after their generation has ended. */
const defaultIntervalMs = 5000;
const betweenMergesMs = 20;
const truncateTries = 20;
const betweenTriesMs = 50;

export function createScrubber(options: ScrubberOptions): Scrubber {
  const { reads, take, now = Date.now } = options;
  let isClosing = false;
  let compactedAt = Number.NEGATIVE_INFINITY;
  /** The count of erasures whose tokens were taken out of the search index. */
  let mergedCount = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function mergeTokens(): Promise<void> {
    let isDone = await take('begin-merge');
    while (!isDone) {
      if (!isClosing) await sleep(betweenMergesMs);
      isDone = await take('merge');
    }
  }

  async function truncate(): Promise<boolean> {
    for (let tries = 1; tries <= truncateTries; tries += 1) {
      if (await take('truncate')) return true;
      await sleep(betweenTriesMs);
    }
    return false;
  }

  async function compact(firstAt: number, isAsked: boolean): Promise<boolean> {
    const pages = await sql<{ bytes: number }>`select page_count * page_size as bytes
      from pragma_page_count, pragma_page_size`.execute(reads);
    const running = await reads
      .selectFrom('generation')
      .select('id')
      .where('status', '=', 'running')
      .limit(1)
      .executeTakeFirst();
    const state = {
      bytes: pages.rows[0]?.bytes ?? 0,
      waitingMs: now() - firstAt,
      sinceLastMs: now() - compactedAt,
      isQuiet: running === undefined,
      isAsked,
      isClosing,
    };
    if (!mayCompact(state)) return false;
    await take('compact');
    compactedAt = now();
    return true;
  }

  async function scrub(isAsked: boolean): Promise<readonly Leftover[]> {
    const due = await reads.selectFrom('erasure').selectAll().executeTakeFirst();
    if (due === undefined) return [];
    const isNew = due.count !== mergedCount;
    if (isNew) await mergeTokens();
    const isCompact = await compact(due.first_at, isAsked);
    if (!isNew && !isCompact) return ['unused-pages'];
    const isTruncated = await truncate();
    if (isTruncated) mergedCount = due.count;
    if (isCompact && isTruncated) {
      await options.settle({ count: due.count });
      mergedCount = 0;
    }
    return [
      ...(isCompact ? [] : (['unused-pages'] as const)),
      ...(isTruncated ? [] : (['write-ahead'] as const)),
    ];
  }

  /** One after the other: a call that comes while one is at work sees what was erased meanwhile. */
  function inTurn(isAsked: boolean): Promise<readonly Leftover[]> {
    const next = last.then(async () => {
      try {
        return await scrub(isAsked);
      } catch (error) {
        options.onError(error);
        return ['unused-pages', 'write-ahead'] as const;
      }
    });
    last = next;
    return next;
  }

  const looks = every(options.intervalMs ?? defaultIntervalMs, () => inTurn(false), options.onError);
  return {
    scrub: () => inTurn(true),
    async [Symbol.asyncDispose]() {
      isClosing = true;
      await looks[Symbol.asyncDispose]();
      await inTurn(false);
    },
  };
}
