/** Measures what a viewer of a stream with many viewers costs, and checks that each gets every byte. */
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './load.ts';
import type { Party } from './party.ts';
import { median } from './statistics.ts';

export interface ViewersRun {
  /** CPU of the server's own processes, all threads, in µs for each frame that reached a viewer. */
  readonly cpuPerFrameUs: number;
  /** Bytes per viewer that survive a full collection, beyond those without viewers. */
  readonly livePerViewer: number;
  /** Resident memory (Pss) per viewer beyond that without viewers; it changes in steps. */
  readonly residentPerViewer: number;
  readonly framesPerSecond: number;
}

export interface ViewersLoad {
  readonly viewers: number;
  readonly windowMs: number;
  /** Starts the stream; resolves with its path, and with a promise of its frames that resolves at its end. */
  begin(): Promise<{ readonly path: string; readonly frames: Promise<readonly string[]> }>;
  readonly onWindow?: (isStart: boolean) => Promise<void>;
}

/** Time for the viewers to connect before the window begins. */
export const rampMs = 4000;
const settleMs = 1500;
const memorySamples = 2;
/** Length of the stream beyond ramp and window, in which memory is measured. */
export const tailMs = 4000;
/** Number of viewers that connect at the same time. */
const connectingAtOnce = 50;

/** @throws Error if a viewer missed a frame, or got one twice */
export async function runViewers(party: Party, target: Target, load: ViewersLoad): Promise<ViewersRun> {
  await sleep(settleMs);
  const idle = await memoryOf(party);
  const startedAtMs = performance.now();
  const { path, frames } = await load.begin();
  frames.catch(() => undefined);
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  const viewers: Viewer[] = [];
  while (viewers.length < load.viewers) {
    const count = Math.min(connectingAtOnce, load.viewers - viewers.length);
    const coming = Array.from({ length: count }, () => new Viewer(target, path, agent));
    viewers.push(...coming);
    await Promise.all(coming.map((viewer) => viewer.here));
  }
  const leftMs = startedAtMs + rampMs - performance.now();
  if (leftMs < 0) console.log(`  the viewers took ${(rampMs - leftMs).toFixed(0)} ms to come`);
  await sleep(Math.max(0, leftMs));

  await load.onWindow?.(true);
  const before = reading(party, viewers);
  await sleep(load.windowMs);
  const after = reading(party, viewers);
  await load.onWindow?.(false);
  const open = await memoryOf(party);
  const isOpen = viewers.every((viewer) => !viewer.isOver);
  if (!isOpen) throw new Error('the stream ended before its memory was read; allow it more time');

  const whole = (await frames).join('');
  await Promise.all(viewers.map((viewer) => viewer.done));
  for (const [index, viewer] of viewers.entries()) {
    const got = viewer.text().replaceAll(': ping\n\n', '');
    if (got !== whole) {
      throw new Error(`viewer ${index} of ${viewers.length} got ${got.length} of ${whole.length} characters`);
    }
  }
  const reached = after.frames - before.frames;
  return {
    cpuPerFrameUs: ((after.cpuMs - before.cpuMs) * 1000) / reached,
    livePerViewer: (open.live - idle.live) / load.viewers,
    residentPerViewer: (open.resident - idle.resident) / load.viewers,
    framesPerSecond: (reached * 1000) / (after.atMs - before.atMs) / load.viewers,
  };
}

interface Reading {
  readonly atMs: number;
  readonly cpuMs: number;
  readonly frames: number;
}

function reading(party: Party, viewers: readonly Viewer[]): Reading {
  const cpuMs = party.cpu().reduce((sum, thread) => sum + thread.cpuMs, 0);
  const frames = viewers.reduce((sum, viewer) => sum + viewer.frames, 0);
  return { atMs: performance.now(), cpuMs, frames };
}

async function memoryOf(party: Party): Promise<{ readonly live: number; readonly resident: number }> {
  const samples = [];
  for (let sample = 0; sample < memorySamples; sample++) samples.push(await party.memory());
  return {
    live: median(samples.map((one) => one.live)),
    resident: median(samples.map((one) => one.resident)),
  };
}

const frameMark = Buffer.from('\n\n');

class Viewer {
  /** Resolves when the response's head has arrived. */
  readonly here: Promise<void>;
  readonly done: Promise<void>;
  /** Frames so far, counted by their ends; a frame whose end arrived in two pieces is not counted. */
  frames = 0;
  isOver = false;
  readonly #chunks: Buffer[] = [];

  constructor(target: Target, path: string, agent: Agent) {
    const here = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    this.here = here.promise;
    this.done = done.promise;
    this.done.catch(() => undefined);
    const { host, port, headers } = target;
    const request = httpRequest({ host, port, path, agent, headers: { ...headers } });
    const fail = (error: Error): void => {
      here.reject(error);
      done.reject(error);
    };
    request.on('error', fail);
    request.on('response', (response) => {
      if (response.statusCode !== 200) fail(new Error(`GET ${path}: ${response.statusCode}`));
      here.resolve();
      response.on('data', (chunk: Buffer) => {
        this.#chunks.push(chunk);
        let at = chunk.indexOf(frameMark);
        for (; at !== -1; at = chunk.indexOf(frameMark, at + frameMark.length)) this.frames += 1;
      });
      response.on('error', fail);
      response.on('end', () => {
        this.isOver = true;
        done.resolve();
      });
    });
    request.end();
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
