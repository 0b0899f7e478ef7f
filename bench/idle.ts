/** Measures what a server takes that nobody asks anything: its memory, and the time until it listens. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type IdleRun, type Launch, runIdle } from './harness/idle-run.ts';
import { readOptions } from './harness/options.ts';
import { median, spread } from './harness/statistics.ts';

const usage = 'node bench/idle.ts [--quick] [--rounds 5] [--idle-seconds 30]';
const options = readOptions(usage, { rounds: 5, numbers: { 'idle-seconds': 30 } });
const idleMs = options.isQuick ? 5_000 : options.numbers['idle-seconds'] * 1_000;
const rounds = options.isQuick ? 3 : options.rounds;

const home = await mkdtemp(join(tmpdir(), 'colloquy-idle-'));
// A copy of Node.js that only the measured processes run: no other process shares its pages.
const node = join(home, 'node');
await copyFile(process.execPath, node);

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const parties: Readonly<Record<string, (port: number, round: number) => Launch>> = {
  node: (port) => ({
    program: node,
    args: ['-e', `require('node:http').createServer().listen(${port}, '127.0.0.1')`],
    environment: {},
    cwd: home,
  }),
  fastify: (port) => ({
    program: node,
    args: [pathOf('parties/bare-fastify.js'), String(port)],
    environment: {},
    cwd: home,
  }),
  colloquy: (port, round) => ({
    program: node,
    args: [pathOf('../packages/server/bin/colloquy.js'), 'start'],
    environment: {
      HOST: '127.0.0.1',
      PORT: String(port),
      // A new database each time.
      DATA_DIR: join(home, `data-${round}`),
      COLLOQUY_LOCAL_MODEL: 'off',
      LOG_LEVEL: 'warn',
    },
    cwd: home,
  }),
};

console.log(
  `node ${process.versions.node}; ${rounds} starts each, ${idleMs / 1000} s without requests; medians (lowest–highest)\n`,
);
const runs = new Map<string, IdleRun[]>();
try {
  // After a change of the sources the first start makes the bundle.
  for (const launch of Object.values(parties)) await runIdle((port) => launch(port, -1), 0);
  for (let round = 0; round < rounds; round++) {
    for (const [name, launch] of Object.entries(parties)) {
      const run = await runIdle((port) => launch(port, round), idleMs);
      runs.set(name, [...(runs.get(name) ?? []), run]);
    }
  }
} finally {
  await rm(home, { recursive: true, force: true });
}

const bare = runs.get('fastify') ?? [];
const bareMegabytes = median(bare.map(({ bytes }) => bytes / 2 ** 20));
for (const [name, all] of runs) {
  const megabytes = all.map(({ bytes }) => bytes / 2 ** 20);
  console.log(
    [
      name.padEnd(9),
      `Pss ${spread(megabytes, 1)} MB, ÷ fastify ${(median(megabytes) / bareMegabytes).toFixed(2)}`,
      `listening after ${spread(
        all.map(({ listeningMs }) => listeningMs),
        0,
      )} ms`,
      `CPU until then ${spread(
        all.map(({ listeningCpuMs }) => listeningCpuMs),
        0,
      )} ms`,
      `processes ${median(all.map(({ processes }) => processes))}`,
    ].join('   '),
  );
}
