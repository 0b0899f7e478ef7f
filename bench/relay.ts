/**
 * Measures relaying: CPU per token and memory per open stream, as ratios to a bare relay under the same load, and the
 * dialects as ratios to the chat dialect.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Contender, startContenders } from './harness/contenders.ts';
import type { DialectName } from './harness/dialects.ts';
import { readOptions } from './harness/options.ts';
import { startUpstream } from './harness/party.ts';
import { type RelayRun, runRelay, type Scenario } from './harness/relay-run.ts';
import { median, spread } from './harness/statistics.ts';

const usage = `node bench/relay.ts [--quick] [--scenario 80x100]… [--engine sqlite|postgres|postgres-redis|none]… [--no-ai-sdk]
                    [--dialect chat|completions|responses|ui]… [--rounds 3] [--window-seconds 5]
                    [--profile-dir DIR]`;

const allScenarios: readonly Scenario[] = [
  { streams: 80, tokensPerSecond: 100 },
  { streams: 200, tokensPerSecond: 50 },
  { streams: 80, tokensPerSecond: 25 },
  { streams: 1, tokensPerSecond: 50 },
];

const options = readOptions(usage, { rounds: 3, hasDialects: true });
const scenarios = options.scenarios.length > 0 ? options.scenarios.map(parseScenario) : allScenarios;
const profileDir = options.profileDir === undefined ? undefined : resolve(options.profileDir);
if (profileDir !== undefined) mkdirSync(profileDir, { recursive: true });

await using upstream = await startUpstream();
await using contenders = await startContenders(options.contenders, upstream.url, {
  // Just before the streams the probe collects all garbage, which holds the event loop: on a busy machine for so long
  // that the server would refuse them.
  environment: { OVERLOAD_LOOP_DELAY_MS: '0' },
});
console.log(
  `node ${process.versions.node}; ${options.rounds} round(s), window ${options.windowMs / 1000} s; medians (lowest–highest)`,
);

/** One row of the report: a relay that is asked in one dialect. */
interface Case {
  readonly name: string;
  readonly contender: Contender;
  readonly dialect: DialectName;
}

const cases: readonly Case[] = contenders.list.flatMap((contender) =>
  options.dialects
    .filter((dialect) => contender.dialects.includes(dialect))
    .map((dialect) => ({ name: nameOf(contender, dialect), contender, dialect })),
);
for (const { contender, dialect } of cases) {
  await runRelay(contender, upstream, { streams: 40, tokensPerSecond: 50 }, { windowMs: 1000, dialect });
}
for (const scenario of scenarios) {
  const runs = new Map<string, RelayRun[]>();
  for (let round = 0; round < options.rounds; round++) {
    for (const { name, contender, dialect } of cases) {
      const { party } = contender;
      const run = await runRelay(contender, upstream, scenario, {
        windowMs: options.windowMs,
        dialect,
        ...(profileDir !== undefined && {
          onWindow: (isStart: boolean) =>
            isStart ? party.startProfile() : party.stopProfile(join(profileDir, name)),
        }),
      });
      runs.set(name, [...(runs.get(name) ?? []), run]);
    }
  }
  print(scenario, runs);
}

function nameOf({ name }: Contender, dialect: DialectName): string {
  return dialect === 'chat' ? name : `${name}-${dialect}`;
}

function parseScenario(text: string): Scenario {
  const [streams, tokensPerSecond] = text.split(/[x×]/).map(Number);
  if (!streams || !tokensPerSecond) throw new Error(`--scenario ${text}: such as 80x100`);
  return { streams, tokensPerSecond };
}

function print(scenario: Scenario, runs: ReadonlyMap<string, readonly RelayRun[]>): void {
  console.log(`\n${scenario.streams} streams × ${scenario.tokensPerSecond} tokens/s`);
  const bare = runs.get('bare') ?? [];
  const cpuRatio = (of: readonly RelayRun[], to: readonly RelayRun[]): string =>
    spread(
      of.map((run, round) => run.cpuPerTokenUs / (to[round] as RelayRun).cpuPerTokenUs),
      2,
    );
  const measured = cases.map((one) => ({ ...one, of: runs.get(one.name) ?? [] }));
  const rows = measured.map(({ name, contender, dialect, of }) => ({
    relay: name,
    'CPU ÷ bare': cpuRatio(of, bare),
    ...(dialect !== 'chat' && { 'CPU ÷ chat': cpuRatio(of, runs.get(contender.name) ?? []) }),
    'CPU µs/token': spread(
      of.map((run) => run.cpuPerTokenUs),
      1,
    ),
    'backends µs/token': spread(
      of.map((run) => run.outsideCpuPerTokenUs),
      1,
    ),
    'live ÷ bare': (
      median(of.map((run) => run.livePerStream)) / median(bare.map((run) => run.livePerStream))
    ).toFixed(2),
    'live KB/stream': spread(
      of.map((run) => run.livePerStream / 1024),
      1,
    ),
    'Pss MB': ['idle', 'open']
      .map(
        (when) =>
          `${when} ${spread(
            of.map((run) => run.resident[when as 'idle' | 'open'] / 2 ** 20),
            0,
          )}`,
      )
      .join(', '),
    'tokens/s': `${median(of.map((run) => run.tokensPerSecond)).toFixed(0)}${of.every((run) => run.keptUp) ? '' : ' (cut off)'}`,
  }));
  for (const row of rows) {
    console.log(`  ${row.relay}`);
    for (const [name, value] of Object.entries(row).slice(1)) console.log(`    ${name.padEnd(18)} ${value}`);
    const threads = runs.get(row.relay)?.at(-1)?.threads ?? [];
    const named = threads.map((thread) => `${thread.name} ${thread.cpuPerTokenUs.toFixed(1)}`);
    console.log(`    ${'threads'.padEnd(18)} ${named.join(', ')}`);
  }
}
