/** What a bundle for browsers consists of: files by path, each also compressed where that makes it smaller. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** In the order in which they are preferred, with the ending of a stored file's name. */
export const encodings = { br: '.br', gzip: '.gz' } as const;
export type Encoding = keyof typeof encodings;
export const encodingNames = Object.keys(encodings) as readonly Encoding[];

/** Bytes by path, compressed ones with the ending of their encoding: `assets/main-4F2A.js`, `assets/main-4F2A.js.br`. */
export type StoredFiles = ReadonlyMap<string, Uint8Array>;

export interface FileToSend {
  readonly bytes: Uint8Array;
  readonly encoding: Encoding | undefined;
}

export interface BundleFiles {
  /** Paths have slashes and begin with none. Undefined: there is no such file. */
  read(path: string, accepted: ReadonlySet<string>): Promise<FileToSend | undefined>;
}

export function filesInMemory(files: StoredFiles): BundleFiles {
  return readable(new Set(files.keys()), async (path) => files.get(path) ?? new Uint8Array());
}

/** Nothing but what lies in the directory now is ever read. @throws if it is not there */
export async function filesOfDirectory(directory: string): Promise<BundleFiles> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(directory, join(parentPath, name)).split(sep).join('/'));
  return readable(new Set(paths), (path) => readFile(join(directory, path)));
}

function readable(paths: ReadonlySet<string>, readBytes: (path: string) => Promise<Uint8Array>): BundleFiles {
  return {
    async read(path, accepted) {
      if (!paths.has(path)) return undefined;
      const encoding = encodingNames.find(
        (name) => accepted.has(name) && paths.has(`${path}${encodings[name]}`),
      );
      return { bytes: await readBytes(encoding ? `${path}${encodings[encoding]}` : path), encoding };
    },
  };
}
