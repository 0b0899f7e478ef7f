/**
 * Bundles on disk: `<directory>/<key>/`, one folder for each state of the sources, and `newest.json`, by which a start knows
 * from the sources' sizes and times of change that none of them has changed. What reads, hashes and writes much runs in the
 * process that makes bundles, which takes along what that leaves in memory.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { StoredFiles } from './files.ts';

/** A bundle that no start has taken for so long is deleted. Another server may still send parts of it meanwhile. */
const keptMs = 7 * 24 * 3_600_000;
const keyPattern = /^[0-9a-f]{24}(\.[0-9a-f-]+)?$/;

/** The state of the sources: a hash over the paths and contents of files and of all that lies in directories. */
export async function keyOfSources(places: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const place of places) {
    const root = dirname(place);
    for (const path of (await filesBelow(place)).sort()) {
      const bytes = await readFile(path);
      hash.update(`${relative(root, path).split(sep).join('/')}\0${bytes.length}\0`).update(bytes);
    }
  }
  return hash.digest('hex').slice(0, 24);
}

async function filesBelow(place: string): Promise<string[]> {
  if ((await stat(place)).isFile()) return [place];
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

interface Newest {
  /** Sizes and times of change of the sources, hashed. */
  readonly state: string;
  readonly key: string;
}

const newestFile = (directory: string): string => join(directory, 'newest.json');

/** The key of the bundle that was made or taken last, if the sources have not changed since and it is there. */
export async function findNewest(directory: string, state: string): Promise<string | undefined> {
  try {
    const newest = JSON.parse(await readFile(newestFile(directory), 'utf8')) as Newest;
    return newest.state === state && (await isStored(directory, newest.key)) ? newest.key : undefined;
  } catch {
    // It is not there, or somebody has written something else into it: then the sources themselves are asked.
    return undefined;
  }
}

/** @throws where the directory can't be written to */
export async function noteNewest(directory: string, newest: Newest): Promise<void> {
  const unfinished = `${newestFile(directory)}.${randomUUID()}`;
  await writeFile(unfinished, JSON.stringify(newest), { mode: 0o600 });
  await rename(unfinished, newestFile(directory));
}

/** Another value wherever a source was written, added or taken away; none of them is read. */
export async function stateOfSources(places: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const place of places) {
    for (const path of (await filesBelow(place)).sort()) {
      const { size, mtimeMs } = await stat(path);
      hash.update(`${path}\0${size}\0${mtimeMs}\0`);
    }
  }
  return hash.digest('hex');
}

/** Whether it is there; it is then kept for another while. */
export async function isStored(directory: string, key: string): Promise<boolean> {
  const place = join(directory, key);
  if (!existsSync(place)) return false;
  const now = new Date();
  await utimes(place, now, now).catch(() => undefined);
  return true;
}

/** Others see the whole bundle or none. @throws where the directory can't be written to */
export async function store(directory: string, key: string, files: StoredFiles): Promise<void> {
  const unfinished = join(directory, `${key}.${randomUUID()}`);
  try {
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(unfinished, path)), { recursive: true, mode: 0o700 });
      await writeFile(join(unfinished, path), bytes, { mode: 0o600 });
    }
    // Another server on the same directory may have stored the same bundle meanwhile.
    await rename(unfinished, join(directory, key)).catch(async (error: unknown) => {
      if (!(await isStored(directory, key))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Deletes the bundles that no start has taken for a week. */
export async function sweep(directory: string, now: number): Promise<void> {
  for (const name of await readdir(directory)) {
    const place = join(directory, name);
    if (!keyPattern.test(name) || now - (await stat(place)).mtimeMs <= keptMs) continue;
    await rm(place, { recursive: true, force: true });
  }
}
