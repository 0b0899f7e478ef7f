/** A small disk that can be filled: a tmpfs of its own, where the system lets us mount one. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Resolves once not one byte fits any more; nothing else in this process waits for it. */
  fill(): Promise<void>;
  free(): void;
}

/** Undefined where this process may not mount. */
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
      // Never more than the disk holds, should it be unmounted under us.
      await fillThrough(file, megabytes * 2 ** 20);
    },
    free: () => rmSync(filler, { force: true }),
    async [Symbol.asyncDispose]() {
      spawnSync('umount', ['-l', path]);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Writes until not one byte fits any more, at most `maxBytes`. Few large writes: each one waits for its turn. */
async function fillThrough(file: FileHandle, maxBytes: number): Promise<void> {
  const piece = Buffer.alloc(2 ** 24);
  try {
    for (let left = maxBytes; left > 0; ) {
      // What fits only in part is written in part.
      const { bytesWritten } = await file.write(piece, 0, Math.min(piece.length, left));
      left -= bytesWritten;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
