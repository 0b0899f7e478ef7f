/** Measures the time to the first token when 80 sessions start at once and when one starts alone. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startContenders } from './harness/contenders.ts';
import { readOptions } from './harness/options.ts';
import { startUpstream } from './harness/party.ts';
import { runAlone, runStart, type StartRun } from './harness/start-run.ts';
import { median, percentile, spread } from './harness/statistics.ts';

const usage = `node bench/start.ts [--quick] [--engine sqlite|postgres|none]… [--no-ai-sdk] [--rounds 15]
                    [--profile-dir DIR] [--against CHECKOUT]`;
const sessions = 80;
const warmUpRounds = 5;
/** Times that the model takes to its first token. */
const firstTokenDelaysMs = [0, 100];
/** Number of sessions in a round that start alone, each when the previous one has ended. */
const aloneSessions = 5;

const options = readOptions(usage, { rounds: 15, hasFloor: true });
const rounds = options.isQuick ? 5 : options.rounds;

const profileDir = options.profileDir === undefined ? undefined : resolve(options.profileDir);
if (profileDir !== undefined) mkdirSync(profileDir, { recursive: true });

await using upstream = await startUpstream();
await using contenders = await startContenders(options.contenders, upstream.url, {
  against: options.against,
});
console.log(
  `node ${process.versions.node}; ${sessions} sessions at once, ${rounds} rounds after ${warmUpRounds}; medians over rounds (lowest–highest)`,
);

for (let round = 0; round < warmUpRounds; round++) {
  for (const contender of contenders.list) await runStart(contender, upstream, sessions, 0);
}
if (profileDir !== undefined) for (const { party } of contenders.list) await party.startProfile();
for (const firstTokenMs of firstTokenDelaysMs) {
  const runs = new Map<string, StartRun[]>();
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders.list) {
      const run = await runStart(contender, upstream, sessions, firstTokenMs);
      runs.set(contender.name, [...(runs.get(contender.name) ?? []), run]);
    }
  }
  print(firstTokenMs, runs);
}
const alone = new Map<string, number[]>();
for (let round = 0; round < rounds; round++) {
  for (const contender of contenders.list) {
    const waited = await runAlone(contender, upstream, aloneSessions);
    alone.set(contender.name, [...(alone.get(contender.name) ?? []), median(waited)]);
  }
}
printAlone(alone);
if (profileDir !== undefined) {
  for (const { name, party } of contenders.list) await party.stopProfile(join(profileDir, name));
}

function print(firstTokenMs: number, runs: ReadonlyMap<string, readonly StartRun[]>): void {
  console.log(`\nthe model's first token after ${firstTokenMs} ms`);
  const bare = runs.get('bare') ?? [];
  for (const [name, of] of runs) {
    const columns = [0.5, 0.99].map((q) => {
      const ms = of.map(({ waits }) => percentile(waits, q));
      const bareMs = bare.map(({ waits }) => percentile(waits, q));
      const ratio = median(ms) / median(bareMs);
      const bestRatio = Math.min(...ms) / Math.min(...bareMs);
      return `p${q * 100} ${spread(ms, 1)} ms, ÷ bare ${ratio.toFixed(2)} (best round ${bestRatio.toFixed(2)})`;
    });
    console.log(`  ${name.padEnd(16)} ${columns.join('   ')}`);
    const cpuMs = of.map((run) => run.cpuMs / sessions);
    console.log(
      `  ${' '.repeat(16)} CPU until the first tokens ${spread(cpuMs, 2)} ms a start, ÷ bare ${(Math.min(...cpuMs) / (Math.min(...bare.map((run) => run.cpuMs)) / sessions)).toFixed(2)} (best rounds)`,
    );
  }
}

function printAlone(waits: ReadonlyMap<string, readonly number[]>): void {
  console.log('\none session alone, the model answers at once');
  const bare = waits.get('bare') ?? [];
  for (const [name, ms] of waits) {
    const beyond = ms.map((one, round) => one - (bare[round] ?? Number.NaN));
    console.log(`  ${name.padEnd(16)} p50 ${spread(ms, 1)} ms, beyond bare ${spread(beyond, 1)} ms`);
  }
}
