/** Asks before something is lost. */
import { createInterface } from 'node:readline/promises';
import { CommandFailure } from '../failure.ts';

/**
 * Resolves if `yes` is given, or a person at the terminal agrees.
 * @param what completes "Do you want to …?"
 * @throws CommandFailure otherwise
 */
export async function confirm(what: string, yes: boolean | undefined): Promise<void> {
  if (yes) return;
  if (!(process.stdin.isTTY && process.stderr.isTTY)) {
    throw new CommandFailure(`to ${what} without a terminal to ask at, add --yes`, 64);
  }
  using lines = createInterface({ input: process.stdin, output: process.stderr });
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  lines.once('close', () => resolve(''));
  const answer = await Promise.race([lines.question(`Do you want to ${what}? [y/N] `), closed]);
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailure('nothing was changed');
}
