/** Starts sessions, many at once or one alone, and measures how long each waits for its first token. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from './contenders.ts';
import { ClientStream } from './load.ts';
import type { Upstream } from './party.ts';

const tokens = 10;
const tokensPerSecond = 100;
/** Pause between two bursts, in which the server finishes the work of the last one. */
const restMs = 300;

export interface StartRun {
  /** Milliseconds from the first request's start to each stream's first token. */
  readonly waits: readonly number[];
  /** CPU time of the relay until the last stream had its first token, PostgreSQL's backends included. */
  readonly cpuMs: number;
}

/**
 * Sends all requests in one turn of the event loop, each on a connection of its own, and reads the answers to their end.
 * @throws Error if an answer is not what the upstream said
 */
export async function runStart(
  contender: Contender,
  upstream: Upstream,
  sessions: number,
  firstTokenMs: number,
): Promise<StartRun> {
  await upstream.setPace({ tokensPerSecond, tokens, firstTokenMs, spreadOver: 0 });
  await sleep(restMs);
  const cpuBeforeMs = await cpuOf(contender);
  const startedAtMs = performance.now();
  const clients = Array.from({ length: sessions }, (_, number) => new ClientStream(contender.target, number));
  await Promise.all(clients.map((client) => client.begun));
  const cpuMs = (await cpuOf(contender)) - cpuBeforeMs;
  await Promise.all(clients.map((client) => client.done));
  for (const client of clients) client.check(tokens, true);
  return { waits: clients.map((client) => (client.firstTokenAtMs ?? Number.NaN) - startedAtMs), cpuMs };
}

async function cpuOf({ party, outsideCpuMs }: Contender): Promise<number> {
  const inside = party.cpu().reduce((sum, thread) => sum + thread.cpuMs, 0);
  return inside + (await outsideCpuMs());
}

/** Does the same as `runStart` with sessions that start one after the other, each when the previous one has ended. */
export async function runAlone(
  contender: Contender,
  upstream: Upstream,
  sessions: number,
): Promise<number[]> {
  const waits: number[] = [];
  await upstream.setPace({ tokensPerSecond, tokens, firstTokenMs: 0, spreadOver: 0 });
  for (let number = 0; number < sessions; number++) {
    const client = new ClientStream(contender.target, number);
    await client.done;
    client.check(tokens, true);
    waits.push((client.firstTokenAtMs ?? Number.NaN) - client.sentAtMs);
  }
  return waits;
}
