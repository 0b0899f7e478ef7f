/** Tells errors of a store that cannot write for now, such as a full disk, from errors that a retry meets again. */
import { AppError } from '../domain/errors.ts';

/** Result codes of SQLite (their low byte): busy, locked, no memory, read-only, I/O error, full, can't open. */
const unavailableSqlite: ReadonlySet<number> = new Set([5, 6, 7, 8, 10, 13, 14]);

/**
 * Classes of SQLSTATE: connection, authorization, no such database, transaction rolled back, resources (disk, memory,
 * connections), intervention of an operator, I/O. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const unavailableClasses: ReadonlySet<string> = new Set(['08', '28', '3D', '40', '53', '57', '58']);
/** A server that only reads, as a standby does until it is promoted; a lock that another session holds. */
const unavailableStates: ReadonlySet<string> = new Set(['25006', '55P03']);
/** `ECONNREFUSED`, `EPIPE`: what the operating system says of a connection. */
const systemCode = /^E[A-Z0-9]{3,}$/;
const sqlState = /^[0-9A-Z]{5}$/;
/** `pg` gives errors of its own about connections neither code nor class. */
const aboutConnection =
  /^(Connection (terminated|ended)|timeout e|Client (has encountered|was closed)|Query read timeout|Cannot use a pool)/;

const retryAfterSeconds = 5;

/** SQLite rolled the whole transaction back on its own. */
export class RolledBackError extends Error {
  constructor() {
    super('the transaction was rolled back by SQLite');
    this.name = 'RolledBackError';
  }
}

/** Whether the store could not be reached, was full, or was kept from writing by something else that passes. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof RolledBackError) return true;
  if (!(error instanceof Error)) return false;
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  if (typeof errcode === 'number') return unavailableSqlite.has(errcode & 0xff);
  if (typeof code === 'string' && systemCode.test(code)) return true;
  if (typeof code === 'string' && sqlState.test(code)) {
    return unavailableClasses.has(code.slice(0, 2)) || unavailableStates.has(code);
  }
  return aboutConnection.test(error.message);
}

/**
 * Whether a write that failed with this error may succeed if it is simply made again: the store was not available, or
 * this process has lost its lease, which ends the work of its owner anyway. Every other error lasts.
 */
export function mayPass(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'overloaded' || error.code === 'interrupted';
  return isUnavailable(error);
}

/** Gives what was asked for, or the error that tells callers to come back where the store was not available. */
export async function orUnavailable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw isUnavailable(error) ? storeUnavailable(error as Error) : error;
  }
}

export function storeUnavailable(cause: Error): AppError {
  const message = 'the server can store nothing at the moment';
  return new AppError('overloaded', message, { retry_after_seconds: retryAfterSeconds }, { cause });
}
