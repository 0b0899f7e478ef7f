/** How a command fails. */

/** Ends a command: the sentence is written to standard error, without a stack, and the process exits with the code. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  /** `message` is one sentence or a few lines for a person, without a newline at the end. */
  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
}
