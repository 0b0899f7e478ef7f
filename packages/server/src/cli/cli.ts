/**
 * The command line. The server, which runs for months, starts without the library that reads arguments; every other
 * command line goes to `program.ts`.
 */

/** Runs the command that `args` name; a wrong command line sets the process's exit code to 64. */
export async function run(args: readonly string[]): Promise<void> {
  if (args.length === 0 || (args.length === 1 && args[0] === 'start')) {
    const { serve } = await import('./serve.ts');
    return serve();
  }
  const { runProgram } = await import('./program.ts');
  return runProgram(args);
}
