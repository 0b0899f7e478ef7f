/** Runs many whole turns at a time and measures the cost of one, background work included. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from './contenders.ts';
import { ClientStream } from './load.ts';
import type { Upstream } from './party.ts';
import { type ThreadCpu, threadDifference } from './proc.ts';

export interface TurnLoad {
  /** Clients at the same time; each starts a new session, reads its answer to the end, and starts the next one. */
  readonly clients: number;
  readonly turnsPerClient: number;
  readonly tokens: number;
  readonly tokensPerSecond: number;
}

export interface TurnRun {
  /** CPU of the relay's own processes, all threads, in ms for each turn. */
  readonly cpuPerTurnMs: number;
  /** CPU of PostgreSQL's backends, in ms for each turn. */
  readonly outsideCpuPerTurnMs: number;
  /** CPU by thread, in ms per turn, for threads above 1 % of the whole. */
  readonly threads: readonly { readonly name: string; readonly cpuPerTurnMs: number }[];
  readonly turnsPerSecond: number;
}

/** Pause before the turns, in which the server finishes the work of the previous run. */
const restMs = 500;
/** Time after the turns for making titles and indexing texts, which count as cost of the turns. */
const afterwardsMs = 2500;

/** @throws Error if an answer is not what the upstream said */
export async function runTurns(contender: Contender, upstream: Upstream, load: TurnLoad): Promise<TurnRun> {
  const { clients, turnsPerClient, tokens, tokensPerSecond } = load;
  await upstream.setPace({ tokensPerSecond, tokens, firstTokenMs: 0, spreadOver: 0 });
  await sleep(restMs);
  const outsideBefore = await contender.outsideCpuMs();
  const before = contender.party.cpu();
  const startedAtMs = performance.now();
  // The clients begin one after the other over the length of a turn, so that starts and ends come evenly.
  const turnMs = (1000 * tokens) / tokensPerSecond;
  const client = async (number: number): Promise<void> => {
    await sleep((turnMs * number) / clients);
    for (let turn = 0; turn < turnsPerClient; turn++) {
      const stream = new ClientStream(contender.target, number);
      await stream.done;
      stream.check(tokens, true);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  const tookMs = performance.now() - startedAtMs;
  await sleep(afterwardsMs);
  const threads = threadDifference(before, contender.party.cpu());
  const turns = clients * turnsPerClient;
  const cpuMs = sum(threads);
  return {
    cpuPerTurnMs: cpuMs / turns,
    outsideCpuPerTurnMs: ((await contender.outsideCpuMs()) - outsideBefore) / turns,
    threads: threads
      .filter((thread) => thread.cpuMs > cpuMs / 100)
      .map((thread) => ({ name: thread.name, cpuPerTurnMs: thread.cpuMs / turns }))
      .toSorted((a, b) => b.cpuPerTurnMs - a.cpuPerTurnMs),
    turnsPerSecond: (1000 * turns) / tookMs,
  };
}

function sum(threads: readonly ThreadCpu[]): number {
  return threads.reduce((total, thread) => total + thread.cpuMs, 0);
}
