/** One turn in a conversation that has a history: how long until its first token, and what memory it takes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { ClientStream, type Target } from './load.ts';
import type { Party, Upstream } from './party.ts';

export interface HistoryTurn {
  readonly firstTokenMs: number;
  /** CPU of the server from the request until the answer's end, in ms. */
  readonly cpuMs: number;
  /** The highest resident memory during the turn, beyond what was resident before, in bytes. */
  readonly peakBytes: number;
}

const tokens = 5;

/** Runs a turn and reads its answer to the end. @throws Error if it is not what the upstream said */
export async function runTurn(
  party: Party,
  target: Target,
  upstream: Upstream,
  session: string,
): Promise<HistoryTurn> {
  await upstream.setPace({ tokensPerSecond: 100, tokens, firstTokenMs: 0, spreadOver: 0 });
  const beforeBytes = resetPeak(party.pid);
  const cpuBefore = cpuOf(party);
  const stream = new ClientStream(target, 1, { session });
  await stream.done;
  const cpuMs = cpuOf(party) - cpuBefore;
  const peakBytes = statusBytes(party.pid, 'VmHWM') - beforeBytes;
  stream.check(tokens, true);
  return { firstTokenMs: (stream.firstTokenAtMs ?? Number.NaN) - stream.sentAtMs, cpuMs, peakBytes };
}

/** Live bytes per session while every session has an answer under way, less those just before. */
export async function liveOfOpenTurns(
  party: Party,
  target: Target,
  upstream: Upstream,
  sessions: readonly string[],
): Promise<number> {
  const openTokens = 60;
  await upstream.setPace({ tokensPerSecond: 20, tokens: openTokens, firstTokenMs: 0, spreadOver: 0 });
  const before = await party.memory();
  const streams = sessions.map((session, number) => new ClientStream(target, number, { session }));
  await Promise.all(streams.map((stream) => stream.location));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const open = await party.memory();
  await Promise.all(streams.map((stream) => stream.done));
  for (const stream of streams) stream.check(openTokens, true);
  return (open.live - before.live) / sessions.length;
}

function cpuOf(party: Party): number {
  return party.cpu().reduce((sum, thread) => sum + thread.cpuMs, 0);
}

/** Resets the process's peak memory; returns the resident memory now. */
function resetPeak(pid: number): number {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  return statusBytes(pid, 'VmRSS');
}

function statusBytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
}
