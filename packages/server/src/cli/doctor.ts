/** `colloquy doctor <url>`: measures what proxies between here and a server do to event streams. */
import { Argument, Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { longestSilenceSeconds } from '../domain/operations/examination.ts';
import type { Proxies } from '../network/proxies.ts';
import { CommandFailure } from './failure.ts';

export const doctor = new Command('doctor')
  .description('measure what proxies between here and a server do to event streams')
  .addArgument(new Argument('<url>', 'address, such as https://chat.example.com').argParser(parseAddress))
  .addOption(
    new Option('--silence <seconds>', `how long it tries silence, at most ${longestSilenceSeconds}`)
      .argParser(parseSilence)
      .default(65),
  )
  .action(async (url, { silence }) => {
    const network = await readNetwork();
    const { report } = await import('../doctor/doctor.ts');
    const write = (text: string): void => void process.stdout.write(text);
    process.exitCode = await report({ url, silenceSeconds: silence, ...network, write });
  });

/**
 * The environment's proxies and authorities, read as `start` reads them, so that the address is reached in the way in
 * which the server reaches others.
 * @throws CommandFailure where they are wrong
 */
async function readNetwork(): Promise<{ readonly proxies: Proxies | undefined }> {
  const [{ loadEnvFile, readEnvironment }, { readProxies }, problemsOf, authorities, { createProxies }] =
    await Promise.all([
      import('../config/env.ts'),
      import('../config/proxies.ts'),
      import('../config/problems.ts'),
      import('../network/authorities.ts'),
      import('../network/proxies.ts'),
    ]);
  const refuse = (message: string): never => {
    throw new CommandFailure(message, problemsOf.exitCodeOfBadConfig);
  };
  const problems: Parameters<typeof problemsOf.formatProblems>[0][number][] = [];
  try {
    loadEnvFile('.env');
  } catch (error) {
    refuse(`.env can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const environment = readEnvironment();
  const proxies = readProxies(environment, problems);
  if (problems.length > 0) refuse(problemsOf.formatProblems(problems).trimEnd());
  const file = environment.NODE_EXTRA_CA_CERTS?.trim();
  try {
    if (file) authorities.trustAuthorities(file);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    refuse(`NODE_EXTRA_CA_CERTS names a file that can't be read: ${message}`);
  }
  return { proxies: createProxies(proxies) };
}

function parseAddress(address: string): URL {
  const url = URL.parse(address);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new InvalidArgumentError('It takes one address, such as https://chat.example.com.');
}

function parseSilence(text: string): number {
  const seconds = Number(text);
  if (seconds >= 1 && seconds <= longestSilenceSeconds) return seconds;
  throw new InvalidArgumentError(`It takes 1 to ${longestSilenceSeconds} seconds.`);
}
