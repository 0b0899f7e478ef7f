/** Why the database's file can't be used, in a sentence that names it and says what to do. */
import { join } from 'node:path';
import type { StartFailure } from './start-failure.ts';

/** Result codes of SQLite, without their details: https://www.sqlite.org/rescode.html */
const codes = {
  perm: 3,
  busy: 5,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADatabase: 26,
};

/** Undefined for errors that are none of SQLite's or of the file. */
export function explainSqliteFailure(error: Error, dataDir: string): StartFailure | undefined {
  const path = join(dataDir, 'colloquy.db');
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  if (code === 'ENOSPC' || code === 'EDQUOT') return isFull(dataDir);
  if (code === 'EISDIR') return mustChange(`${path} is a directory; move it away, and start again`);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return mustChange(`${path} can't be written to (${code}); give this user the right to, or set DATA_DIR`);
  }
  if (typeof errcode !== 'number') return undefined;
  switch (errcode & 0xff) {
    case codes.full:
      return isFull(dataDir);
    case codes.corrupt:
      return mustChange(`${path} is damaged (${error.message}); put a backup in its place`);
    case codes.notADatabase:
      return mustChange(
        `${path} is no SQLite database; move it away to begin anew, or put a backup in its place`,
      );
    case codes.perm:
    case codes.readOnly:
      return mustChange(`${path} can't be written to; give this user the right to, or set DATA_DIR`);
    case codes.cantOpen:
      return mustChange(
        `a database can't be opened in ${dataDir}; colloquy.db and server.lock must be files that this user may write to, on a local disk`,
      );
    case codes.busy:
      return mayPass(`${path} is locked by another program; end it, and start again`);
    case codes.io:
      return mayPass(`${path} can't be read or written (${error.message}); is its disk in order and local?`);
    default:
      return mayPass(`${path} can't be used: ${error.message}`);
  }
}

function isFull(dataDir: string): StartFailure {
  return mayPass(`the disk of the data directory ${dataDir} is full; free some space, or set DATA_DIR`);
}

function mustChange(sentence: string): StartFailure {
  return { sentence, exitCode: 78 };
}

function mayPass(sentence: string): StartFailure {
  return { sentence, exitCode: 1 };
}
