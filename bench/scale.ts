/**
 * Measures what several servers on one PostgreSQL and one Redis cost: CPU a token at 1, 2 and 3 servers, each with as many
 * streams as before, then with a reader of every stream on another server; and what PostgreSQL and Redis do for it.
 */
import { readOptions } from './harness/options.ts';
import { runScale, type ScaleRun } from './harness/scale-run.ts';
import { median } from './harness/statistics.ts';

const usage = `node bench/scale.ts [--quick] [--rounds 3] [--window-seconds 5] [--streams 30] [--rate 25] [--servers 3]

Each server runs --streams answers at --rate tokens a second.`;
const { numbers, windowMs, rounds } = readOptions(usage, {
  rounds: 3,
  numbers: { streams: 30, rate: 25, servers: 3 },
});
console.log(
  `node ${process.versions.node}; each server ${numbers.streams} streams × ${numbers.rate} tokens/s, ${rounds} round(s), window ${windowMs / 1000} s; medians`,
);
let alone: number | undefined;
for (let servers = 1; servers <= numbers.servers; servers += 1) {
  for (const isReadElsewhere of servers === 1 ? [false] : [false, true]) {
    const runs: ScaleRun[] = [];
    while (runs.length < rounds) {
      runs.push(await runScale({ ...numbers, servers, isReadElsewhere, windowMs }));
    }
    print(servers, isReadElsewhere, runs);
  }
}

function print(servers: number, isReadElsewhere: boolean, runs: readonly ScaleRun[]): void {
  const of = (figure: (run: ScaleRun) => number, digits: number): string =>
    median(runs.map(figure)).toFixed(digits);
  const cpu = median(runs.map((run) => run.serverUsPerToken));
  alone ??= cpu;
  const rows = {
    'tokens/s': of((run) => run.tokensPerSecond, 0),
    'servers, CPU µs/token': `${cpu.toFixed(1)} (${(cpu / alone).toFixed(2)} × one server)`,
    'PostgreSQL, CPU µs/token': of((run) => run.backendUsPerToken, 1),
    'PostgreSQL, commits/s': of((run) => run.commitsPerSecond, 0),
    'PostgreSQL, WAL bytes/token': of((run) => run.walPerToken, 0),
    'Redis, CPU µs/token': of((run) => run.redisUsPerToken, 1),
    'Redis, commands/s': of((run) => run.redisCommandsPerSecond, 0),
    'Redis, bytes out/token': of((run) => run.redisBytesPerToken, 0),
  };
  console.log(`  ${servers} server(s)${isReadElsewhere ? ', each stream read on another one too' : ''}`);
  for (const [name, value] of Object.entries(rows)) console.log(`    ${name.padEnd(28)} ${value}`);
}
