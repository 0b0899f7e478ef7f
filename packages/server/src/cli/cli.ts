/** The command line. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadEnvFile } from '../config/env.ts';

/** Exit code of a wrong command line: `EX_USAGE` of sysexits.h. */
const exitCodeOfBadUsage = 64;
const longestSilenceSeconds = 115;

const usage = `Usage: colloquy [command]

Commands:
  start          run the server (what happens without a command, too)
  doctor <url>   measure what proxies between here and a server do to event streams;
                 --silence <seconds> (65, at most 115) is how long it tries silence
  help           show this text
  version        show the version

Settings are environment variables, or lines of a file .env in the working directory;
.env.example lists them all.
`;

const commands: Readonly<Record<string, (args: readonly string[]) => Promise<void> | void>> = {
  start,
  doctor,
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
  if (rest.length > 0 && key !== 'doctor') return refuse(`${key} takes no arguments: ${rest.join(' ')}`);
  await command(rest);
}

function refuse(problem: string): void {
  process.stderr.write(`${problem}\n\n${usage}`);
  process.exitCode = exitCodeOfBadUsage;
}

async function start(): Promise<void> {
  loadEnvFile('.env');
  const { main } = await import('../main.ts');
  await main();
}

async function doctor(args: readonly string[]): Promise<void> {
  let parsed: { readonly values: { readonly silence: string }; readonly positionals: readonly string[] };
  try {
    const options = { silence: { type: 'string', default: '65' } } as const;
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    return refuse(`doctor: ${error instanceof Error ? error.message : String(error)}`);
  }
  const [address, ...more] = parsed.positionals;
  const url = address === undefined ? null : URL.parse(address);
  if (url === null || more.length > 0 || !/^https?:$/.test(url.protocol)) {
    return refuse('doctor takes one address, like https://chat.example.com');
  }
  const silenceSeconds = Number(parsed.values.silence);
  if (!(silenceSeconds >= 1 && silenceSeconds <= longestSilenceSeconds)) {
    return refuse(`--silence takes 1 to ${longestSilenceSeconds} seconds`);
  }
  const { examine } = await import('../doctor/doctor.ts');
  process.exitCode = await examine({ url, silenceSeconds, write: (text) => void process.stdout.write(text) });
}

function readVersion(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}
