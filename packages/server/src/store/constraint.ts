/** Broken unique constraints, as both engines report them. */
import { AppError } from '../domain/errors.ts';

const sqliteConstraintUnique = 2067;
const sqliteConstraintPrimaryKey = 1555;

export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return code === '23505' || errcode === sqliteConstraintUnique || errcode === sqliteConstraintPrimaryKey;
}

/** The error for an idempotency key that was used with another request. */
export function idempotencyMismatch(): AppError {
  return new AppError('idempotency_mismatch', 'this Idempotency-Key was used with another request');
}

/** The error for a race with another write that the command's own checks did not see. */
export function writeConflict(): AppError {
  return new AppError('conflict', 'another request changed the same data at the same time; retry');
}
