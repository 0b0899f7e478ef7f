/**
 * How long the server's event loop is held while something else goes on: `/healthz`, which only needs a turn of the loop, is
 * asked again and again. Beside the time that it waits, the CPU time that the server's main thread spends meanwhile is
 * taken: on a busy machine the wait is also that for a processor, the CPU time is not.
 */
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './load.ts';
import { mainThreadCpuMs } from './proc.ts';
import { percentile } from './statistics.ts';

const betweenMs = 5;

/** In milliseconds. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface Holds {
  readonly wait: Spread;
  readonly cpu: Spread;
}

/** Asks until `during` is done, one request after the other. `pid` is the server's. */
export async function holdsWhile(
  { host, port }: Pick<Target, 'host' | 'port'>,
  pid: number,
  during: () => Promise<unknown>,
): Promise<Holds> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const waits: number[] = [];
  const cpu: number[] = [];
  let isDone = false;
  const ask = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const request = httpRequest({ host, port, path: '/healthz', agent }, (response) => {
        response.resume();
        response.on('end', resolve);
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end();
    });
  const asking = (async () => {
    while (!isDone) {
      const startedAtMs = performance.now();
      const spentMs = mainThreadCpuMs(pid);
      await ask();
      waits.push(performance.now() - startedAtMs);
      cpu.push(mainThreadCpuMs(pid) - spentMs);
      await sleep(betweenMs);
    }
  })();
  try {
    await during();
  } finally {
    isDone = true;
    await asking;
    agent.destroy();
  }
  return { wait: spreadOf(waits), cpu: spreadOf(cpu) };
}

function spreadOf(values: readonly number[]): Spread {
  return { p50: percentile(values, 0.5), p99: percentile(values, 0.99), max: percentile(values, 1) };
}
