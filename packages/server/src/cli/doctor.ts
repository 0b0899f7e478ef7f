/** `colloquy doctor <url>`: measures what proxies between here and a server do to event streams. */
import { parseArgs } from 'node:util';
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
    const { examine } = await import('../doctor/doctor.ts');
    const write = (text: string): void => void process.stdout.write(text);
    process.exitCode = await examine({ url, silenceSeconds, write });
  },
};

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
