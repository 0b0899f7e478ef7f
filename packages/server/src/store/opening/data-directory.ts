/** The data directory as the operating system sees it. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The data directory can't hold files. Its message is one sentence for the operator; `cause` is the system's error. */
export class DataDirectoryError extends Error {
  constructor(message: string, options: { readonly cause: unknown }) {
    super(message, options);
    this.name = 'DataDirectoryError';
  }
}

const whatIsAllowed = 'DATA_DIR takes a directory on a local disk that this user may write to';

/**
 * Makes the directory, with those above it, and sees that it takes a file. Only its owner may look into a new one.
 * @throws DataDirectoryError
 */
export function makeDataDirectory(dataDir: string): void {
  const path = resolve(dataDir);
  try {
    makeWithParents(path);
    const probe = join(path, `.probe-${randomBytes(6).toString('hex')}`);
    try {
      writeFileSync(probe, 'x', { flag: 'wx', mode: 0o600 });
    } finally {
      rmSync(probe, { force: true });
    }
  } catch (cause) {
    throw new DataDirectoryError(`the data directory ${path} ${reasonOf(cause)}; ${whatIsAllowed}`, {
      cause,
    });
  }
}

/** One directory at a time: Node's own `recursive` goes on for ever where a file system makes none, as in `/proc`. */
function makeWithParents(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const above = dirname(path);
  if (above !== path) makeWithParents(above);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it meanwhile; a link that leads nowhere exists too, but is no directory.
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (!exists || statSync(path, { throwIfNoEntry: false }) === undefined) throw error;
  }
}

function reasonOf(error: unknown): string {
  const { code, path, message } = error as NodeJS.ErrnoException;
  const place = path === undefined ? 'it' : dirname(path);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `can't be used: this user may not write to ${place}`;
    case 'EROFS':
      return `can't be used: ${place} is on a file system that only reads`;
    case 'ENOENT':
      return `can't be made: the file system of ${place} takes no files`;
    case 'EEXIST':
      return `can't be made: ${path} is a link that leads nowhere`;
    case 'ENOTDIR':
      return `can't be made: a part of its path is a file`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `can't be used: its disk is full, so free some space`;
    default:
      return `can't be used: ${message}`;
  }
}
