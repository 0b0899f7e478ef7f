/**
 * Backups that a running server makes, on a thread of its own. One at a time on a store, whichever server makes it: a
 * lease says so, which runs out where the server is killed.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { every } from '../../concurrency/every.ts';
import { createWorkerPool } from '../../concurrency/worker-pool.ts';
import { threads } from '../../concurrency/worker-thread.ts';
import { AppError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import { unfinishedPath } from '../sqlite/whole-file.ts';
import type { Store } from '../store.ts';
import type { StorePlace } from '../transfer/place.ts';
import type { BackupCall } from './backup.worker.ts';
import type { BackupNote } from './last-backup.ts';

export interface Backups extends AsyncDisposable {
  /**
   * Begins a backup into a new file in `DATA_DIR/backups`, and gives its path. `note` is called before it begins.
   * `name` is a file's name, not a path.
   * @throws AppError conflict, where the file exists or another backup is being made; what `note` throws
   */
  start(name: string, note: () => Promise<void>): Promise<string>;
}

export interface BackupsOptions {
  readonly store: Pick<Store, 'execute'>;
  readonly place: StorePlace;
  /** Called with each backup that has ended. */
  onEnd(note: BackupNote): void;
  /** The lease could not be renewed, or the end not be noted. */
  onError(error: unknown): void;
}

const job = 'backup';
const leaseMs = 60_000;
const renewalMs = 15_000;

export function createBackups({ store, place, onEnd, onError }: BackupsOptions): Backups {
  const directory = join(place.dataDir, 'backups');
  const holder = newId();
  // PostgreSQL's client takes what the URL leaves out from the environment.
  const pool = createWorkerPool({
    start: threads({
      entry: new URL('./backup.worker.ts', import.meta.url),
      workerData: place,
      sharesEnvironment: true,
    }),
    maxWorkers: 1,
    idleMs: 1_000,
  });
  const hold = (forMs: number) => store.execute('takeJob', { name: job, holder, leaseMs: forMs });
  /** The one that this server makes; undefined: it makes none. */
  let underWay: Promise<void> | undefined;

  async function make(file: string): Promise<void> {
    const renewal = every(renewalMs, () => hold(leaseMs), onError);
    const ended: Pick<BackupNote, 'bytes' | 'error'> = await pool.run({ file } satisfies BackupCall).then(
      (bytes) => ({ bytes: bytes as number, error: null }),
      (error: unknown) => ({ bytes: null, error: error instanceof Error ? error.message : String(error) }),
    );
    if (ended.error !== null) await rm(unfinishedPath(file), { force: true }).catch(onError);
    await renewal[Symbol.asyncDispose]();
    const note: BackupNote = { file, endedAt: Date.now(), ...ended };
    onEnd(note);
    await store.execute('noteBackup', note).catch(onError);
    await hold(0).catch(onError);
  }

  async function begin(note: () => Promise<void>): Promise<void> {
    if (!(await hold(leaseMs)).isTaken) throw isUnderWay();
    try {
      await note();
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      await hold(0).catch(onError);
      throw error;
    }
  }

  return {
    async start(name, note) {
      const file = join(directory, name);
      if (existsSync(file)) {
        throw new AppError('conflict', `file ${name} exists already; choose a new name`, { field: 'file' });
      }
      if (underWay !== undefined) throw isUnderWay();
      const begun = begin(note);
      underWay = begun
        .then(
          () => make(file),
          () => {},
        )
        .catch(onError)
        .finally(() => {
          underWay = undefined;
        });
      await begun;
      return file;
    },
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await underWay;
    },
  };
}

function isUnderWay(): AppError {
  return new AppError('conflict', 'another backup is being made; wait until it has ended');
}
