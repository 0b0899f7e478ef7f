/** Measures one relay under one load: CPU in a steady window, then memory; then it compares the texts to the letter. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from './contenders.ts';
import { type DialectName, dialects } from './dialects.ts';
import { ClientStream } from './load.ts';
import type { Memory, Upstream } from './party.ts';
import { type ThreadCpu, threadDifference } from './proc.ts';
import { median } from './statistics.ts';

export interface Scenario {
  readonly streams: number;
  readonly tokensPerSecond: number;
}

export interface RelayRun {
  /** CPU of the relay's own processes, all threads, in µs for each token that reached a client. */
  readonly cpuPerTokenUs: number;
  /** CPU of PostgreSQL's backends, in µs for each token. */
  readonly outsideCpuPerTokenUs: number;
  /** CPU by thread, in µs per token, for threads above 1 % of the whole. */
  readonly threads: readonly { readonly name: string; readonly cpuPerTokenUs: number }[];
  /** Pss of the relay's processes in bytes: before the streams, and with them open. */
  readonly resident: { readonly idle: number; readonly open: number };
  /** Bytes that survive a full collection, heaps and external memory of all threads, beyond those without streams. */
  readonly livePerStream: number;
  readonly tokensPerSecond: number;
  /** Whether the relay kept up with the upstream; if not, it was cut off. */
  readonly keptUp: boolean;
}

export interface RelayRunOptions {
  readonly windowMs: number;
  /** Default: chat. */
  readonly dialect?: DialectName;
  readonly onWindow?: (isStart: boolean) => Promise<void>;
}

const rampMs = 1500;
/** Pause before a run, in which memory of the previous run is freed. */
const settleMs = 2000;
const memorySamples = 3;
const memorySampleMs = 250;
/** Length of the streams after memory was sampled. */
const tailMs = 300;
/** Time after the upstream's last token in which a relay must be done. */
const lateMs = 3000;

export async function runRelay(
  contender: Contender,
  upstream: Upstream,
  scenario: Scenario,
  options: RelayRunOptions,
): Promise<RelayRun> {
  const { streams, tokensPerSecond } = scenario;
  await sleep(settleMs);
  const idle = await sampleMemory(contender, 2);
  const lengthMs = rampMs + options.windowMs + memorySamples * memorySampleMs + tailMs;
  const tokens = Math.ceil((lengthMs / 1000) * tokensPerSecond);
  await upstream.setPace({ tokensPerSecond, tokens, firstTokenMs: 0, spreadOver: streams });

  const startedAtMs = performance.now();
  const dialect = dialects[options.dialect ?? 'chat'];
  const clients = Array.from(
    { length: streams },
    (_, number) => new ClientStream(contender.target, number, { dialect }),
  );
  const allDone = Promise.all(clients.map((client) => client.done));
  allDone.catch(() => undefined);
  await Promise.race([sleep(rampMs), allDone]);
  await options.onWindow?.(true);

  const before = await reading(contender, clients);
  await Promise.race([sleep(options.windowMs), allDone]);
  const after = await reading(contender, clients);
  await options.onWindow?.(false);
  const open = await sampleMemory(contender, memorySamples);

  const isLate = sleep(startedAtMs + lengthMs + lateMs - performance.now(), 'late' as const, { ref: false });
  const keptUp = (await Promise.race([allDone, isLate])) !== 'late';
  if (!keptUp) for (const client of clients) client.abort();
  for (const client of clients) {
    const { frames } = client.check(tokens, keptUp);
    if (keptUp && frames !== tokens) {
      throw new Error(`stream ${client.number}: ${frames} token frames instead of ${tokens}`);
    }
  }

  const relayed = after.tokens - before.tokens;
  const perToken = (cpuMs: number): number => (cpuMs * 1000) / relayed;
  const threads = threadDifference(before.threads, after.threads);
  const cpuMs = threads.reduce((sum, thread) => sum + thread.cpuMs, 0);
  return {
    cpuPerTokenUs: perToken(cpuMs),
    outsideCpuPerTokenUs: perToken(after.outsideCpuMs - before.outsideCpuMs),
    threads: threads
      .filter((thread) => thread.cpuMs > cpuMs / 100)
      .map((thread) => ({ name: thread.name, cpuPerTokenUs: perToken(thread.cpuMs) }))
      .toSorted((a, b) => b.cpuPerTokenUs - a.cpuPerTokenUs),
    resident: { idle: idle.resident, open: open.resident },
    livePerStream: (open.live - idle.live) / streams,
    tokensPerSecond: (relayed * 1000) / (after.atMs - before.atMs),
    keptUp,
  };
}

interface Reading {
  readonly atMs: number;
  readonly tokens: number;
  readonly threads: readonly ThreadCpu[];
  readonly outsideCpuMs: number;
}

async function reading(contender: Contender, clients: readonly ClientStream[]): Promise<Reading> {
  const outsideCpuMs = await contender.outsideCpuMs();
  const threads = contender.party.cpu();
  const tokens = clients.reduce((sum, client) => sum + client.tokenFrames, 0);
  return { atMs: performance.now(), tokens, threads, outsideCpuMs };
}

async function sampleMemory(contender: Contender, samples: number): Promise<Memory> {
  const taken: Memory[] = [];
  for (let sample = 0; sample < samples; sample++) taken.push(await contender.party.memory());
  return {
    resident: median(taken.map((memory) => memory.resident)),
    live: median(taken.map((memory) => memory.live)),
  };
}
