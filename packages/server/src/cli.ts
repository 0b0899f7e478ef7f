/** The command line. */
import { readFileSync } from 'node:fs';
import { loadEnvFile } from './config/env.ts';

/** Exit code of a wrong command line: `EX_USAGE` of sysexits.h. */
const exitCodeOfBadUsage = 64;

const usage = `Usage: colloquy [command]

Commands:
  start      run the server (what happens without a command, too)
  help       show this text
  version    show the version

Settings are environment variables, or lines of a file .env in the working directory;
.env.example lists them all.
`;

const commands: Readonly<Record<string, () => Promise<void> | void>> = {
  start,
  help: () => void process.stdout.write(usage),
  version: () => void process.stdout.write(`${readVersion()}\n`),
};

const aliases: Readonly<Record<string, string>> = {
  '-h': 'help',
  '--help': 'help',
  '-v': 'version',
  '--version': 'version',
};

/** Runs the command that `args` name; a wrong one sets the process's exit code to 64. */
export async function run(args: readonly string[]): Promise<void> {
  const [name = 'start', ...rest] = args;
  const key = aliases[name] ?? name;
  const command = Object.hasOwn(commands, key) ? commands[key] : undefined;
  if (command === undefined) return refuse(`Unknown command: ${name}`);
  if (rest.length > 0) return refuse(`${key} takes no arguments: ${rest.join(' ')}`);
  await command();
}

function refuse(problem: string): void {
  process.stderr.write(`${problem}\n\n${usage}`);
  process.exitCode = exitCodeOfBadUsage;
}

async function start(): Promise<void> {
  loadEnvFile('.env');
  const { main } = await import('./main.ts');
  await main();
}

function readVersion(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}
