/** What a command of the command line is: one value in a file of its own, named in the list of `cli.ts`. */

export interface CliCommand {
  readonly name: string;
  /** What follows the name in the usage text, such as `<url>`; empty where the command takes no arguments. */
  readonly synopsis: string;
  /** Lines of the usage text. */
  readonly summary: readonly string[];
  /**
   * Called only with arguments if `synopsis` is not empty. Sets `process.exitCode` where it fails.
   * @throws UsageError for arguments that it cannot take
   */
  run(args: readonly string[]): Promise<void> | void;
}

/** Wrong arguments: the message is written with the usage text, and the exit code is 64. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
