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
      // Down to the last byte: big pieces first. Never more than the disk holds, should it be unmounted under us.
      let left = megabytes * 2 ** 20;
      for (const bytes of [2 ** 20, 4096, 1]) left -= await fillWith(file, Buffer.alloc(bytes), left);
    },
    free: () => rmSync(filler, { force: true }),
    async [Symbol.asyncDispose]() {
      spawnSync('umount', ['-l', path]);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Writes a piece again and again, at most `maxBytes` in all, until the disk is full; gives what was written. */
async function fillWith(file: FileHandle, piece: Buffer, maxBytes: number): Promise<number> {
  let written = 0;
  try {
    while (written + piece.length <= maxBytes) {
      const { bytesWritten } = await file.write(piece);
      written += bytesWritten;
      if (bytesWritten < piece.length) break;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  return written;
}
