/** The commands, and what they have in common: help, version, how a wrong command line and a failure are told. */
import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { accounts } from './admin/accounts.ts';
import { keys } from './admin/keys.ts';
import { members } from './admin/members.ts';
import { models } from './admin/models.ts';
import { organizations } from './admin/organizations.ts';
import { personas } from './admin/personas.ts';
import { users } from './admin/users.ts';
import { backup } from './backup.ts';
import { chat } from './chat/chat.ts';
import { check } from './check.ts';
import { doctor } from './doctor.ts';
import { CommandFailure } from './failure.ts';
import { migrateStore } from './migrate-store.ts';
import { restore } from './restore.ts';
import { secrets } from './secrets/secrets.ts';
import { signInLink } from './sign-in-link.ts';
import { start } from './start.ts';
import { packageVersion, version } from './version.ts';

/** The commands, in the order of the help. */
const commands: readonly CommandUnknownOpts[] = [
  start,
  chat,
  keys,
  personas,
  models,
  members,
  users,
  organizations,
  accounts,
  signInLink,
  doctor,
  backup,
  restore,
  check,
  migrateStore,
  secrets,
  version,
];

/** Exit code of a wrong command line: `EX_USAGE` of sysexits.h. */
const exitCodeOfBadUsage = 64;

/** Runs the command that `args` name, which are not empty. A failure sets the process's exit code. */
export async function runProgram(args: readonly string[]): Promise<void> {
  endWithTheReader();
  try {
    await createProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommandFailure) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = error.exitCode;
    } else if (error instanceof CommanderError) {
      // The library has written the help, the version, or what is wrong.
      if (error.exitCode !== 0) process.exitCode = exitCodeOfBadUsage;
    } else throw error;
  }
}

function createProgram(): Command {
  const program = new Command('colloquy')
    .description('A self-hosted conversation server for language models.')
    .helpCommand('help [command]', 'show the help of a command')
    .exitOverride()
    .showHelpAfterError('(add --help to see what is allowed)')
    .addHelpText(
      'after',
      '\nSettings are environment variables, or lines of a file .env in the working directory;\n.env.example lists them all.',
    );
  for (const command of commands) program.addCommand(command);
  equip(program);
  return program;
}

/** Gives a command and those below it what all have. */
function equip(command: CommandUnknownOpts): void {
  command
    .version(packageVersion, '-v, --version', 'show the version')
    .helpOption('-h, --help', 'show this help');
  for (const below of command.commands) equip(below.copyInheritedSettings(command));
}

/** Whoever reads the output may stop early, as `head` does; that is no failure. */
function endWithTheReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}
