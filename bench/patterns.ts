/** Measures whether reading a provider's or a stranger's text takes time in proportion to its length, whatever the text. */
import { strangerReaders } from 'colloquy-testkit/stranger-text';
import { hardTexts, type PrepareReading, readers } from 'colloquy-testkit/upstream/provider-text';
import { readOptions } from './harness/options.ts';

const usage = `node bench/patterns.ts [--quick] [--rounds 3] [--kib 1024]
--kib: the size of the smaller text; the larger one has twice as much.`;

const options = readOptions(usage, { rounds: 3, numbers: { kib: 1024 } });
const small = options.numbers.kib * 1024;
/** What takes less CPU time than this for the larger text, in milliseconds, has looked at a part of it only. */
const boundedMs = 4;

interface Measured {
  readonly kind: string;
  readonly smallMs: number;
  readonly largeMs: number;
}

function cpuMs(read: () => unknown): number {
  const before = process.cpuUsage();
  read();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The least of all rounds: what else the machine does only adds to it. */
function measure(prepare: PrepareReading): readonly Measured[] {
  const largeTexts = new Map(hardTexts(2 * small));
  return hardTexts(small).map(([kind, smallText]) => {
    const [readSmall, readLarge] = [prepare(smallText), prepare(largeTexts.get(kind) ?? '')];
    readSmall();
    const rounds = Array.from(
      { length: options.rounds },
      () => [cpuMs(readSmall), cpuMs(readLarge)] as const,
    );
    return {
      kind,
      smallMs: Math.min(...rounds.map(([ms]) => ms)),
      largeMs: Math.min(...rounds.map(([, ms]) => ms)),
    };
  });
}

function ratio({ smallMs, largeMs }: Measured): string {
  return largeMs < boundedMs ? 'bounded' : (largeMs / smallMs).toFixed(2);
}

function highest(measured: readonly Measured[], figure: (one: Measured) => number): Measured | undefined {
  return measured.toSorted((one, other) => figure(other) - figure(one))[0];
}

console.log(
  `CPU time for ${options.numbers.kib} KiB and twice as much; a ratio near 2 is linear, one near 1 is a bound`,
);
console.log(
  `${'reader'.padEnd(39)}${'slowest text'.padEnd(24)}${'ms'.padStart(8)}${'ratio'.padStart(9)}   highest ratio`,
);
for (const [name, prepare] of Object.entries({ ...readers, ...strangerReaders })) {
  const measured = measure(prepare);
  const slowest = highest(measured, ({ largeMs }) => largeMs);
  const whole = measured.filter(({ largeMs }) => largeMs >= boundedMs);
  const steepest = highest(whole, ({ smallMs, largeMs }) => largeMs / smallMs);
  if (slowest === undefined) continue;
  const figures = `${slowest.largeMs.toFixed(1).padStart(8)}${ratio(slowest).padStart(9)}`;
  const last = steepest === undefined ? '' : `   ${ratio(steepest)} (${steepest.kind})`;
  console.log(`${name.padEnd(39)}${slowest.kind.padEnd(24)}${figures}${last}`);
}
