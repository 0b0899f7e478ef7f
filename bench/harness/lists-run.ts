/** Reads of one kind against one server: each one's latency, and the server's CPU. */
import { Agent, request as httpRequest } from 'node:http';
import type { Contender } from './contenders.ts';
import type { Target } from './load.ts';

export interface ReadsRun {
  readonly latenciesMs: readonly number[];
  /** CPU of the server's processes for each read, in µs; PostgreSQL's backends included. */
  readonly cpuPerReadUs: number;
}

/** Sends the reads one after the other over one connection. @throws Error if an answer fails its check */
export async function runReads(
  server: Pick<Contender, 'party' | 'target' | 'outsideCpuMs'>,
  paths: readonly string[],
  check: (body: string, index: number) => void,
): Promise<ReadsRun> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const cpuMs = async (): Promise<number> =>
    (await server.outsideCpuMs()) + server.party.cpu().reduce((sum, thread) => sum + thread.cpuMs, 0);
  try {
    const before = await cpuMs();
    const latenciesMs: number[] = [];
    const bodies: string[] = [];
    for (const path of paths) {
      const startedAtMs = performance.now();
      bodies.push(await get(server.target, path, agent));
      latenciesMs.push(performance.now() - startedAtMs);
    }
    const after = await cpuMs();
    bodies.forEach(check);
    return { latenciesMs, cpuPerReadUs: ((after - before) * 1000) / paths.length };
  } finally {
    agent.destroy();
  }
}

function get({ host, port, headers }: Target, path: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host, port, path, agent, headers: { ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`GET ${path}: ${response.statusCode} ${body}`));
      });
    });
    request.on('error', reject);
    request.end();
  });
}
