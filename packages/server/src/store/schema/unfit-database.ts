/** A database that this program can't use as it is: of a newer version, changed by somebody, or mixed up with another. */

/** Its message is one sentence for the operator, which says what to do. */
export class UnfitDatabaseError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnfitDatabaseError';
  }
}

/** Recognizes the error by its name, since an error from the writer's thread arrives without its class. */
export function isUnfitDatabase(error: unknown): error is Error {
  return error instanceof Error && error.name === 'UnfitDatabaseError';
}
