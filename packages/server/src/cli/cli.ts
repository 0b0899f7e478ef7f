/** The command line: finds the command that the arguments name, and runs it. */
import { type CliCommand, UsageError } from './command.ts';
import { doctor } from './doctor.ts';
import { start } from './start.ts';
import { usageOf } from './usage.ts';
import { version } from './version.ts';

/** Exit code of a wrong command line: `EX_USAGE` of sysexits.h. */
const exitCodeOfBadUsage = 64;

const help: CliCommand = {
  name: 'help',
  synopsis: '',
  summary: ['show this text'],
  run: () => void process.stdout.write(usageOf(commands)),
};

/** The commands, in the order of the usage text. */
const commands: readonly CliCommand[] = [start, doctor, help, version];

const aliases: Readonly<Record<string, string>> = {
  '-h': 'help',
  '--help': 'help',
  '-v': 'version',
  '--version': 'version',
};

/** Runs the command that `args` name; a wrong command line sets the process's exit code to 64. */
export async function run(args: readonly string[]): Promise<void> {
  const [given = start.name, ...rest] = args;
  const name = (Object.hasOwn(aliases, given) ? aliases[given] : undefined) ?? given;
  const command = commands.find((one) => one.name === name);
  if (command === undefined) return refuse(`Unknown command: ${given}`);
  if (rest.length > 0 && command.synopsis === '') {
    return refuse(`${name} takes no arguments: ${rest.join(' ')}`);
  }
  try {
    await command.run(rest);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    refuse(error.message);
  }
}

function refuse(problem: string): void {
  process.stderr.write(`${problem}\n\n${usageOf(commands)}`);
  process.exitCode = exitCodeOfBadUsage;
}
