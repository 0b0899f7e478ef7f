/** `colloquy doctor <url>`: measures what proxies between here and a server do to event streams. */
import { parseArgs } from 'node:util';
import type { Proxies } from '../network/proxies.ts';
import { type CliCommand, UsageError } from './command.ts';

const longestSilenceSeconds = 115;

export const doctor: CliCommand = {
  name: 'doctor',
  synopsis: '<url>',
  summary: [
    'measure what proxies between here and a server do to event streams;',
    `--silence <seconds> (65, at most ${longestSilenceSeconds}) is how long it tries silence`,
  ],
  async run(args) {
    const { url, silenceSeconds } = parse(args);
    const network = await readNetwork();
    if (network === undefined) return;
    const { examine } = await import('../doctor/doctor.ts');
    const write = (text: string): void => void process.stdout.write(text);
    process.exitCode = await examine({ url, silenceSeconds, ...network, write });
  },
};

/**
 * The environment's proxies and authorities, read as `start` reads them, so that the address is reached in the way in
 * which the server reaches others. Undefined, with the exit code set, where they are wrong.
 */
async function readNetwork(): Promise<{ readonly proxies: Proxies | undefined } | undefined> {
  const [{ loadEnvFile, readEnvironment }, { readProxies }, problemsOf, authorities, { createProxies }] =
    await Promise.all([
      import('../config/env.ts'),
      import('../config/proxies.ts'),
      import('../config/problems.ts'),
      import('../network/authorities.ts'),
      import('../network/proxies.ts'),
    ]);
  const refuse = (message: string): undefined => {
    process.stderr.write(`${message}\n`);
    process.exitCode = problemsOf.exitCodeOfBadConfig;
  };
  const problems: Parameters<typeof problemsOf.formatProblems>[0][number][] = [];
  try {
    loadEnvFile('.env');
  } catch (error) {
    return refuse(`.env can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const environment = readEnvironment();
  const proxies = readProxies(environment, problems);
  if (problems.length > 0) return refuse(problemsOf.formatProblems(problems));
  const file = environment.NODE_EXTRA_CA_CERTS?.trim();
  try {
    if (file) authorities.trustAuthorities(file);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return refuse(`NODE_EXTRA_CA_CERTS names a file that can't be read: ${message}`);
  }
  return { proxies: createProxies(proxies) };
}

/** @throws UsageError */
function parse(args: readonly string[]): { readonly url: URL; readonly silenceSeconds: number } {
  let parsed: { readonly values: { readonly silence: string }; readonly positionals: readonly string[] };
  try {
    const options = { silence: { type: 'string', default: '65' } } as const;
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`doctor: ${error instanceof Error ? error.message : String(error)}`);
  }
  const [address, ...more] = parsed.positionals;
  const url = address === undefined ? null : URL.parse(address);
  if (url === null || more.length > 0 || !/^https?:$/.test(url.protocol)) {
    throw new UsageError('doctor takes one address, such as https://chat.example.com');
  }
  const silenceSeconds = Number(parsed.values.silence);
  if (!(silenceSeconds >= 1 && silenceSeconds <= longestSilenceSeconds)) {
    throw new UsageError(`--silence takes 1 to ${longestSilenceSeconds} seconds`);
  }
  return { url, silenceSeconds };
}
