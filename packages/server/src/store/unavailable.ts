/** Recognizes errors of a store that cannot write for now, such as a full disk; the caller may retry. */
import { AppError } from '../domain/errors.ts';

/** Result codes of SQLite (their low byte): I/O error, full, can't open. */
const unavailableSqlite: ReadonlySet<number> = new Set([10, 13, 14]);
const retryAfterSeconds = 5;

/** SQLite rolled the whole transaction back on its own. */
export class RolledBackError extends Error {
  constructor() {
    super('the transaction was rolled back by SQLite');
    this.name = 'RolledBackError';
  }
}

export function isUnavailable(error: unknown): boolean {
  if (error instanceof RolledBackError) return true;
  if (!(error instanceof Error)) return false;
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' && unavailableSqlite.has(errcode & 0xff);
}

export function storeUnavailable(cause: Error): AppError {
  const message = 'the server can store nothing at the moment';
  return new AppError('overloaded', message, { retry_after_seconds: retryAfterSeconds }, { cause });
}
