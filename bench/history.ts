/** Measures the cost of long conversations: time to first token and memory with 10, 1,000 and 100,000 messages. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startColloquy } from './harness/colloquy.ts';
import { type HistoryTurn, liveOfOpenTurns, runTurn } from './harness/history-run.ts';
import { readOptions } from './harness/options.ts';
import { startUpstream } from './harness/party.ts';
import { createBenchDatabase } from './harness/postgres.ts';
import type { SeedConversation } from './harness/seed/rows.ts';
import { seedStore } from './harness/seed/seed.ts';
import { median, spread } from './harness/statistics.ts';

const usage = `node bench/history.ts [--quick] [--engine sqlite|postgres]… [--rounds 20] [--profile-dir DIR]`;

const lengths = [10, 1000, 100_000];
/**
 * Sizes of the model's context window, in tokens. In the small one not even ten messages fit, so that all prompts are
 * equally long; in the large one, the default for models, longer conversations have longer prompts.
 */
const windows = [1024, 32_768];
const conversationsOfLength = 2;
const warmUpTurns = 3;
/** Pause between two turns, so that background work of the first, above all a summary, does not slow the second. */
const restMs = 150;
/** Time to wait for the first summary of a long history. */
const summaryMs = 2500;

const options = readOptions(usage, { rounds: 20 });
const rounds = options.isQuick ? 6 : options.rounds;
const profileDir = options.profileDir === undefined ? undefined : resolve(options.profileDir);
if (profileDir !== undefined) mkdirSync(profileDir, { recursive: true });

await using upstream = await startUpstream();
console.log(`node ${process.versions.node}; ${rounds} turns of each length; medians (lowest–highest)`);
if (options.contenders.has('sqlite')) await runEngine('sqlite', undefined);
if (options.contenders.has('postgres')) {
  await using database = await createBenchDatabase();
  if (database !== undefined) await runEngine('postgres', database.url);
}

function* conversations(): Generator<SeedConversation> {
  for (const _window of windows) {
    for (const messages of lengths) {
      for (let n = 0; n < conversationsOfLength; n += 1) {
        // The last message is dated about now.
        yield { createdAtMs: Date.now() - messages * 1000, messages };
      }
    }
  }
}

async function runEngine(name: string, databaseUrl: string | undefined): Promise<void> {
  let sessions: string[] = [];
  await using colloquy = await startColloquy({
    upstreamUrl: upstream.url,
    ...(databaseUrl !== undefined && { databaseUrl }),
    async seed(home) {
      const stored = await seedStore(home, conversations(), { wordsPerMessage: 60, isSearchable: false });
      sessions = stored.map((conversation) => conversation.sessionId);
    },
  });
  const { party, target } = colloquy;
  for (const [at, window] of windows.entries()) {
    await colloquy.setContextWindow(window);
    const sessionsOf = new Map(
      lengths.map((length, index) => {
        const from = (at * lengths.length + index) * conversationsOfLength;
        return [length, sessions.slice(from, from + conversationsOfLength)];
      }),
    );
    const first = new Map<number, HistoryTurn[]>();
    const turns = new Map<number, HistoryTurn[]>();
    const take = async (into: Map<number, HistoryTurn[]>, length: number, n: number): Promise<void> => {
      const session = sessionsOf.get(length)?.[n % conversationsOfLength] ?? '';
      into.set(length, [...(into.get(length) ?? []), await runTurn(party, target, upstream, session)]);
    };
    for (const length of lengths) {
      for (let n = 0; n < conversationsOfLength; n += 1) {
        await take(first, length, n);
        await sleep(summaryMs);
      }
    }
    const warmUp = new Map<number, HistoryTurn[]>();
    for (let round = -warmUpTurns * conversationsOfLength; round < rounds; round += 1) {
      if (round === 0 && profileDir !== undefined) await party.startProfile();
      for (const length of lengths) {
        await take(round < 0 ? warmUp : turns, length, Math.abs(round));
        await sleep(restMs);
      }
    }
    if (profileDir !== undefined) await party.stopProfile(join(profileDir, `${name}-${window}`));
    const live = new Map<number, number[]>();
    for (let round = 0; round < 3; round += 1) {
      for (const length of lengths) {
        const bytes = await liveOfOpenTurns(party, target, upstream, sessionsOf.get(length) ?? []);
        live.set(length, [...(live.get(length) ?? []), bytes]);
        await sleep(restMs);
      }
    }
    console.log(`\n${name}, a window of ${window} tokens`);
    for (const length of lengths) print(length, first, turns, live);
  }
}

function print(
  length: number,
  first: ReadonlyMap<number, readonly HistoryTurn[]>,
  turns: ReadonlyMap<number, readonly HistoryTurn[]>,
  live: ReadonlyMap<number, readonly number[]>,
): void {
  const of = (figure: (turn: HistoryTurn) => number, at: number, from = turns): number[] =>
    (from.get(at) ?? []).map(figure);
  const line = (label: string, figure: (turn: HistoryTurn) => number): string => {
    const ratios = lengths
      .filter((shorter) => shorter < length)
      .map((shorter) => (median(of(figure, length)) / median(of(figure, shorter))).toFixed(2));
    const against = ratios.length === 0 ? '' : `, ÷ shorter ones ${ratios.join(' and ')}`;
    return `    ${label.padEnd(24)} ${spread(of(figure, length), 1)}${against}`;
  };
  console.log(`  ${length} messages`);
  console.log(line('first token, ms', (turn) => turn.firstTokenMs));
  console.log(line('CPU of a turn, ms', (turn) => turn.cpuMs));
  const peak = of((turn) => turn.peakBytes / 2 ** 20, length);
  console.log(`    ${'peak memory, MB'.padEnd(24)} ${spread(peak, 1)}`);
  const kilobytes = (live.get(length) ?? []).map((bytes) => bytes / 1024);
  console.log(`    ${'live KB/open answer'.padEnd(24)} ${spread(kilobytes, 0)}`);
  const veryFirst = of((turn) => turn.firstTokenMs, length, new Map(first));
  console.log(`    ${'the very first turn, ms'.padEnd(24)} ${spread(veryFirst, 1)}`);
}
