/** Measures the CPU of a whole turn (start, 50 tokens, finish, title and index) as a ratio to a bare relay. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startContenders } from './harness/contenders.ts';
import { readOptions } from './harness/options.ts';
import { startUpstream } from './harness/party.ts';
import { spread } from './harness/statistics.ts';
import { runTurns, type TurnLoad, type TurnRun } from './harness/turn-run.ts';

const usage = `node bench/turn.ts [--quick] [--scenario titles-off|titles-on]… [--engine sqlite|postgres|none]…
                   [--no-ai-sdk] [--rounds 5] [--turns 6] [--profile-dir DIR] [--against CHECKOUT]`;

const allScenarios = ['titles-off', 'titles-on'];

const options = readOptions(usage, { rounds: 5, numbers: { turns: 6 } });
const scenarios = options.scenarios.length > 0 ? options.scenarios : allScenarios;
const unknown = scenarios.find((scenario) => !allScenarios.includes(scenario));
if (unknown !== undefined) throw new Error(`--scenario ${unknown}: allowed are ${allScenarios.join(', ')}`);
const profileDir = options.profileDir === undefined ? undefined : resolve(options.profileDir);
if (profileDir !== undefined) mkdirSync(profileDir, { recursive: true });
const load: TurnLoad = {
  clients: 80,
  turnsPerClient: options.numbers.turns,
  tokens: 50,
  tokensPerSecond: 100,
};
const warmUpRounds = options.isQuick ? 1 : 2;

await using upstream = await startUpstream();
console.log(
  `node ${process.versions.node}; ${load.clients} clients with ${load.turnsPerClient} turns each of ${load.tokens} tokens at ${load.tokensPerSecond}/s; ${options.rounds} round(s) after ${warmUpRounds}; medians (lowest–highest)`,
);
for (const scenario of scenarios) await runScenario(scenario);

async function runScenario(scenario: string): Promise<void> {
  await using contenders = await startContenders(options.contenders, upstream.url, {
    environment: { COLLOQUY_TITLES: scenario === 'titles-on' ? 'on' : 'off' },
    against: options.against,
  });
  for (let round = 0; round < warmUpRounds; round++) {
    for (const contender of contenders.list) await runTurns(contender, upstream, load);
  }
  if (profileDir !== undefined) for (const { party } of contenders.list) await party.startProfile();
  const runs = new Map<string, TurnRun[]>();
  for (let round = 0; round < options.rounds; round++) {
    for (const contender of contenders.list) {
      const run = await runTurns(contender, upstream, load);
      runs.set(contender.name, [...(runs.get(contender.name) ?? []), run]);
    }
  }
  if (profileDir !== undefined) {
    for (const { name, party } of contenders.list) {
      await party.stopProfile(join(profileDir, `${scenario}-${name}`));
    }
  }
  print(scenario, runs);
}

function print(scenario: string, runs: ReadonlyMap<string, readonly TurnRun[]>): void {
  console.log(`\n${scenario}`);
  const bare = runs.get('bare') ?? [];
  const cpuOfBare = (round: number): number => bare[round]?.cpuPerTurnMs ?? Number.NaN;
  for (const [name, of] of runs) {
    const rows = {
      'CPU ÷ bare': spread(
        of.map((run, round) => run.cpuPerTurnMs / cpuOfBare(round)),
        2,
      ),
      'CPU ms/turn': spread(
        of.map((run) => run.cpuPerTurnMs),
        2,
      ),
      'beyond bare ms/turn': spread(
        of.map((run, round) => run.cpuPerTurnMs - cpuOfBare(round)),
        2,
      ),
      'backends ms/turn': spread(
        of.map((run) => run.outsideCpuPerTurnMs),
        2,
      ),
      'turns/s': spread(
        of.map((run) => run.turnsPerSecond),
        0,
      ),
      threads: (of.at(-1)?.threads ?? [])
        .map((thread) => `${thread.name} ${thread.cpuPerTurnMs.toFixed(2)}`)
        .join(', '),
    };
    console.log(`  ${name}`);
    for (const [row, value] of Object.entries(rows)) console.log(`    ${row.padEnd(20)} ${value}`);
  }
}
