/**
 * Simulates the commit path of many servers on one PostgreSQL: their log writers and segment movers as they are, and
 * generations whose tokens come at a pace, without HTTP and models. What it prints says how far one PostgreSQL goes.
 */

import { type CommitsRun, runCommits } from './harness/commits-run.ts';
import { readOptions } from './harness/options.ts';

const usage = `node bench/commits.ts [--quick] [--window-seconds 5] [--rate 50] [--streams 100] [--owners 16]

Doubles the number of servers from 1 to --owners; each runs --streams answers at --rate tokens a second.`;
const { numbers, windowMs } = readOptions(usage, {
  rounds: 1,
  numbers: { rate: 50, streams: 100, owners: 16 },
});
console.log(
  `node ${process.versions.node}; each server ${numbers.streams} streams × ${numbers.rate} tokens/s, window ${windowMs / 1000} s`,
);
for (let owners = 1; owners <= numbers.owners; owners *= 2) {
  print(await runCommits({ owners, streams: numbers.streams, rate: numbers.rate, windowMs }));
}

function print(run: CommitsRun): void {
  const rows = {
    'tokens/s wanted, committed': `${run.wantedPerSecond.toFixed(0)}, ${run.tokensPerSecond.toFixed(0)}`,
    'commits/s': run.commitsPerSecond.toFixed(0),
    'commit ms p50, p99': `${run.commitMs.p50.toFixed(1)}, ${run.commitMs.p99.toFixed(1)}`,
    'PostgreSQL CPU µs/token': run.backendUsPerToken.toFixed(1),
    'WAL bytes/token': run.walPerToken.toFixed(0),
    'this process, cores': run.ownCores.toFixed(2),
  };
  console.log(`  ${run.owners} server(s)`);
  for (const [name, value] of Object.entries(rows)) console.log(`    ${name.padEnd(28)} ${value}`);
}
