/** A command of the command line: one value in a file of its own, named in the list of `cli.ts`. */

export interface CliCommand {
  readonly name: string;
  /** The arguments in the usage text, such as `<url>`; empty if the command takes none. */
  readonly synopsis: string;
  /** Lines of the usage text. */
  readonly summary: readonly string[];
  /**
   * Runs the command; `args` is empty if `synopsis` is. Sets `process.exitCode` if it fails.
   * @throws UsageError for arguments that it cannot take
   */
  run(args: readonly string[]): Promise<void> | void;
}

/** Thrown for wrong arguments: its message is written with the usage text, and the exit code is 64. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
