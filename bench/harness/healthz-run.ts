/** How long `/healthz` waits, asked again and again while something else goes on: what holds the event loop holds it. */
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './load.ts';
import { percentile } from './statistics.ts';

const betweenMs = 5;

export interface Waits {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly asked: number;
}

/** Asks until `during` is done, one request after the other. */
export async function waitsWhile(
  { host, port }: Pick<Target, 'host' | 'port'>,
  during: () => Promise<unknown>,
): Promise<Waits> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const waits: number[] = [];
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
      await ask();
      waits.push(performance.now() - startedAtMs);
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
  return {
    p50: percentile(waits, 0.5),
    p99: percentile(waits, 0.99),
    max: percentile(waits, 1),
    asked: waits.length,
  };
}
