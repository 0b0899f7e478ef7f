/** A small disk that can be filled: a tmpfs, if the system allows this process to mount one. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Fills the disk; resolves once not one more byte fits. It blocks nothing else in this process. */
  fill(): Promise<void>;
  free(): void;
}

/** Mounts a disk; gives undefined if this process may not mount. */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk | undefined> {
  const path = await mkdtemp(join(tmpdir(), 'colloquy-faults-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', path]);
  if (mounted.status !== 0) {
    await rm(path, { recursive: true, force: true });
    return undefined;
  }
  const filler = join(path, 'filler');
  return {
    path,
    async fill() {
      await using file = await open(filler, 'a');
      // It writes no more than the disk holds, in case the disk was unmounted meanwhile.
      await fillThrough(file, megabytes * 2 ** 20);
    },
    free: () => rmSync(filler, { force: true }),
    async [Symbol.asyncDispose]() {
      spawnSync('umount', ['-l', path]);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Writes until not one more byte fits, at most `maxBytes`. The writes are large, since each one waits for its turn. */
async function fillThrough(file: FileHandle, maxBytes: number): Promise<void> {
  const piece = Buffer.alloc(2 ** 24);
  try {
    for (let left = maxBytes; left > 0; ) {
      // A write that does not fit is shortened to the space that is left.
      const { bytesWritten } = await file.write(piece, 0, Math.min(piece.length, left));
      left -= bytesWritten;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
