/** Measures the cost of a viewer of a running answer, as a ratio to writing the same frames to as many bare sockets. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Contender, startContenders } from './harness/contenders.ts';
import { ClientStream } from './harness/load.ts';
import { readOptions } from './harness/options.ts';
import { probeArguments, startParty, startUpstream } from './harness/party.ts';
import type { FromParty } from './harness/protocol.ts';
import { median, spread } from './harness/statistics.ts';
import { rampMs, runViewers, tailMs, type ViewersRun } from './harness/viewers-run.ts';

const usage = `node bench/viewers.ts [--quick] [--engine sqlite|postgres]… [--viewers 1000] [--rate 10] [--rounds 3]
                      [--window-seconds 5] [--profile-dir DIR]`;

const options = readOptions(usage, { rounds: 3, numbers: { viewers: 1000, rate: 10 } });
const { viewers, rate } = options.numbers;
const profileDir = options.profileDir === undefined ? undefined : resolve(options.profileDir);
if (profileDir !== undefined) mkdirSync(profileDir, { recursive: true });

const engines = new Set([...options.contenders].filter((name) => name === 'sqlite' || name === 'postgres'));
await using upstream = await startUpstream();
await using contenders = await startContenders(engines, upstream.url);
const { party: bareParty, port: barePort } = await startParty('bare-broadcast.ts', [], probeArguments);
await using bare = bareParty;
console.log(
  `node ${process.versions.node}; 1 generation, ${viewers} viewers, ${rate} frames/s, ${options.rounds} round(s), window ${options.windowMs / 1000} s; medians (lowest–highest)`,
);

/** The frames of Colloquy's last stream, which the bare sockets get too. */
let frames: readonly string[] = [];

for (const contender of contenders.list) await runEngine(contender, Math.min(200, viewers), 1000, false);
if (contenders.list.length > 0) await runBare(Math.min(200, viewers), 1000);

const runs = new Map<string, ViewersRun[]>();
for (let round = 0; round < options.rounds; round++) {
  for (const contender of contenders.list) {
    add(contender.name, await runEngine(contender, viewers, options.windowMs, true));
  }
  add('bare', await runBare(viewers, options.windowMs));
}
print();

function add(name: string, run: ViewersRun): void {
  runs.set(name, [...(runs.get(name) ?? []), run]);
}

async function runEngine(
  contender: Contender,
  count: number,
  windowMs: number,
  isMeasured: boolean,
): Promise<ViewersRun> {
  const { party, target } = contender;
  const tokens = Math.ceil(((rampMs + windowMs + tailMs) / 1000) * rate);
  await upstream.setPace({ tokensPerSecond: rate, tokens, firstTokenMs: 0, spreadOver: 0 });
  return runViewers(party, target, {
    viewers: count,
    windowMs,
    async begin() {
      const stream = new ClientStream(target, 1);
      const ended = stream.done.then(() => {
        stream.check(tokens, true);
        frames = stream.frames();
        return frames;
      });
      return { path: await stream.location, frames: ended };
    },
    ...(profileDir !== undefined &&
      isMeasured && {
        onWindow: (isStart: boolean) =>
          isStart ? party.startProfile() : party.stopProfile(join(profileDir, contender.name)),
      }),
  });
}

function runBare(count: number, windowMs: number): Promise<ViewersRun> {
  return runViewers(
    bare,
    { host: '127.0.0.1', port: barePort, headers: {} },
    {
      viewers: count,
      windowMs,
      async begin() {
        const begun = bare.message(
          (message): message is Extract<FromParty, { from: 'broadcast' }> => message.from === 'broadcast',
        );
        bare.send({ to: 'broadcast', broadcast: { frames, framesPerSecond: rate } });
        await begun;
        return { path: '/', frames: Promise.resolve(frames) };
      },
    },
  );
}

function print(): void {
  const measure = runs.get('bare') ?? [];
  for (const [name, of] of [...runs].reverse()) {
    const ratio = of.map((run, round) => run.cpuPerFrameUs / (measure[round]?.cpuPerFrameUs ?? Number.NaN));
    const live = of.map((run) => run.livePerViewer / 1024);
    const bareLive = median(measure.map((run) => run.livePerViewer / 1024));
    const lines = {
      'CPU ÷ bare': spread(ratio, 2),
      'CPU µs/viewer·frame': spread(
        of.map((run) => run.cpuPerFrameUs),
        2,
      ),
      'live ÷ bare': (median(live) / bareLive).toFixed(2),
      'live KB/viewer': spread(live, 1),
      'Pss KB/viewer': spread(
        of.map((run) => run.residentPerViewer / 1024),
        1,
      ),
      'frames/s': median(of.map((run) => run.framesPerSecond)).toFixed(1),
    };
    console.log(`  ${name}`);
    for (const [label, value] of Object.entries(lines)) console.log(`    ${label.padEnd(20)} ${value}`);
  }
  console.log(`  every viewer got every frame, to the letter`);
}
