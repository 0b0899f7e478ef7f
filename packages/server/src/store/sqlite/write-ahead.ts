/**
 * Ties the write-ahead file to its database. SQLite replays whatever valid file lies beside a database, also one of
 * another database, as after a copy over the file of a server that was killed; that destroys the copy. So the header of
 * the database (`user_version`) holds a number: a new one of chance at each start, one more with the first transaction
 * of each write-ahead file that begins anew. That transaction has page 1, so the file says which numbers it follows and
 * makes. Formats: https://www.sqlite.org/fileformat2.html
 */
import { randomInt } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { UnfitDatabaseError } from '../schema/unfit-database.ts';

export interface WriteAhead {
  /** Begins a transaction that writes. */
  begin(): void;
  commit(): void;
  /** Call before a statement that writes in a transaction of its own, and after it. */
  beforeStatement(): void;
  afterStatement(): void;
}

/** Gives the database its number of this start. It must be the only connection that writes. */
export function createWriteAhead(database: DatabaseSync): WriteAhead {
  let number = nameAnew(database);
  /** Whether the next transaction may begin the write-ahead file anew. */
  let isNext = true;
  const beginImmediate = database.prepare('begin immediate');
  const commitBegun = database.prepare('commit');
  const position = database.prepare('pragma wal_checkpoint(noop)');
  /** Never throws: what was committed is committed. */
  const look = (): void => {
    try {
      const { log, checkpointed } = position.get() as { readonly log: number; readonly checkpointed: number };
      isNext = log === checkpointed;
    } catch {
      isNext = true;
    }
  };
  const writeAhead: WriteAhead = {
    begin() {
      beginImmediate.run();
      if (isNext) database.exec(`pragma user_version = ${number + 1}`);
    },
    commit() {
      commitBegun.run();
      if (isNext) number += 1;
      look();
    },
    beforeStatement() {
      if (!isNext) return;
      writeAhead.begin();
      writeAhead.commit();
    },
    afterStatement: look,
  };
  return writeAhead;
}

/** Writes a number of chance into the file itself, past the write-ahead file, which is empty afterwards. */
function nameAnew(database: DatabaseSync): number {
  const number = randomInt(1, 2 ** 30);
  try {
    database.exec('pragma journal_mode = delete');
    database.exec(`pragma user_version = ${number}`);
    database.exec('pragma journal_mode = wal');
    return number;
  } catch {
    // Somebody else has the file open, so it keeps its number.
    const row = database.prepare('pragma user_version').get() as { readonly user_version: number };
    return row.user_version;
  }
}

/** @throws UnfitDatabaseError if the write-ahead file beside the database at `path` belongs to another one */
export function refuseForeignWriteAhead(path: string): void {
  const writeAhead = readWriteAhead(`${path}-wal`);
  if (writeAhead === undefined || isOf(writeAhead, readHeader(path))) return;
  throw new UnfitDatabaseError(
    `${path}-wal holds changes of another database than ${path}, as after a copy over the database of a server ` +
      'that was killed; move the -wal file away to start with this database, or put back the one it belongs to',
  );
}

interface WriteAheadContent {
  readonly pageSize: number;
  /** The numbers in its versions of page 1, in order. */
  readonly numbers: readonly number[];
}

interface Header {
  readonly pageSize: number;
  readonly number: number;
}

function isOf({ pageSize, numbers }: WriteAheadContent, header: Header | undefined): boolean {
  if (header === undefined || header.pageSize !== pageSize) return false;
  const [first] = numbers;
  // Versions of the program from before these numbers left 0, and write-ahead files without page 1.
  if (first === undefined) return header.number === 0;
  return header.number === first - 1 || numbers.includes(header.number);
}

const numberAt = 60;

function readHeader(path: string): Header | undefined {
  return readFrom(path, (read) => {
    const header = read(0, 100);
    if (header === undefined) return undefined;
    const size = header.readUInt16BE(16);
    return { pageSize: size === 1 ? 65_536 : size, number: header.readUInt32BE(numberAt) };
  });
}

const headerBytes = 32;
const frameHeaderBytes = 24;
/** The last bit says how the checksums are made. */
const magic = 0x377f0682;

/** Undefined if there is nothing that SQLite would replay. */
function readWriteAhead(path: string): WriteAheadContent | undefined {
  return readFrom(path, (read) => {
    const header = read(0, headerBytes);
    if (header === undefined || (header.readUInt32BE(0) & ~1) !== magic) return undefined;
    const pageSize = header.readUInt32BE(8);
    const salts = header.subarray(16, 24);
    const numbers: number[] = [];
    let isCommitted = false;
    for (let at = headerBytes; ; at += frameHeaderBytes + pageSize) {
      const frame = read(at, frameHeaderBytes);
      // Frames with other salts are left from before the file began anew.
      if (frame === undefined || !frame.subarray(8, 16).equals(salts)) break;
      const number = frame.readUInt32BE(0) === 1 ? read(at + frameHeaderBytes + numberAt, 4) : undefined;
      if (number !== undefined) numbers.push(number.readUInt32BE(0));
      isCommitted ||= frame.readUInt32BE(4) !== 0;
    }
    return isCommitted ? { pageSize, numbers } : undefined;
  });
}

type ReadBytes = (at: number, length: number) => Buffer | undefined;

/** `read` gives nothing past the end of the file; nothing is read if there is no file. */
function readFrom<T>(path: string, use: (read: ReadBytes) => T | undefined): T | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const file = openSync(path, 'r');
  try {
    return use((at, length) => {
      const bytes = Buffer.alloc(length);
      return readSync(file, bytes, 0, length, at) === length ? bytes : undefined;
    });
  } finally {
    closeSync(file);
  }
}
