/** Starts sessions, many at once or one alone, and measures how long each waits for its first token. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from './contenders.ts';
import { ClientStream } from './load.ts';
import type { Upstream } from './party.ts';

const tokens = 10;
const tokensPerSecond = 100;
/** Pause between two bursts, in which the server finishes the work of the last one. */
const restMs = 300;

/**
 * Sends all requests in one turn of the event loop, each on a connection of its own, and reads the answers to their
 * end. Returns the milliseconds from the first request's start to each stream's first token.
 * @throws Error if an answer is not what the upstream said
 */
export async function runStart(
  contender: Contender,
  upstream: Upstream,
  sessions: number,
  firstTokenMs: number,
): Promise<number[]> {
  await upstream.setPace({ tokensPerSecond, tokens, firstTokenMs, spreadOver: 0 });
  await sleep(restMs);
  const startedAtMs = performance.now();
  const clients = Array.from({ length: sessions }, (_, number) => new ClientStream(contender.target, number));
  await Promise.all(clients.map((client) => client.done));
  for (const client of clients) client.check(tokens, true);
  return clients.map((client) => (client.firstTokenAtMs ?? Number.NaN) - startedAtMs);
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
