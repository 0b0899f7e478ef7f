/**
 * Measures whether reports and long lists hold up what streams: how long `/healthz` waits while they are read, less what it
 * waits while the server is idle, in the same run.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { adminKey } from 'colloquy-testkit/tenants';
import { startColloquy } from './harness/colloquy.ts';
import { holdsWhile, type Spread } from './harness/holds-run.ts';
import { readOptions } from './harness/options.ts';
import { createBenchDatabase } from './harness/postgres.ts';
import { mainThreadCpuMs } from './harness/proc.ts';
import { seedUsage } from './harness/seed/usage.ts';
import { median } from './harness/statistics.ts';

const usage = `node bench/reports.ts [--quick] [--engine sqlite|postgres]… [--calls 500000] [--rows 100000] [--rounds 3]
--rows: conversations, end users and generations, each. --quick: a tenth of all.`;

const options = readOptions(usage, { rounds: 3, numbers: { calls: 500_000, rows: 100_000 } });
const share = options.isQuick ? 0.1 : 1;
const calls = Math.round(options.numbers.calls * share);
const rows = Math.round(options.numbers.rows * share);
/** How long the aim lets /healthz wait beyond idle. */
const aimMs = 50;
const idleMs = 3000;
const readsForCpu = 5;

interface Measured {
  readonly idle: Spread;
  readonly waits: Spread;
  readonly tookMs: number;
  readonly bytes: number;
  readonly mainCpuMs: number;
}

interface Case {
  readonly path: string;
  readonly accept?: string;
}

const cases: readonly Case[] = [
  { path: '/usage' },
  { path: '/usage?interval=hour&group_by=model,key' },
  { path: '/usage?interval=hour&group_by=model,purpose', accept: 'text/csv' },
  { path: '/usage?group_by=user' },
  { path: '/usage?interval=month&group_by=purpose' },
  { path: '/conversations?limit=1000' },
  { path: '/conversations?status=failed&limit=1000' },
  { path: '/conversations?key_id=<rare>' },
  { path: '/users?limit=1000' },
  { path: '/users?q=no-such-user' },
  { path: '/generations?limit=1000' },
  { path: '/generations?key_id=<rare>' },
];

async function run(engine: 'sqlite' | 'postgres'): Promise<void> {
  const database = engine === 'postgres' ? await createBenchDatabase() : undefined;
  if (engine === 'postgres' && database === undefined) return;
  await using _database = database ?? { async [Symbol.asyncDispose]() {} };
  await using colloquy = await startColloquy({
    // No model is called, so this address is never used.
    upstreamUrl: 'http://127.0.0.1:9',
    ...(database !== undefined && { databaseUrl: database.url }),
    seed: (home) => seedUsage(home, { conversations: rows, calls }),
  });
  const { target, home } = colloquy;
  const { pid } = colloquy.party;
  const base = `http://${target.host}:${target.port}/api/admin/organizations/${home.organizationId}`;
  const read = async ({ path, accept = 'application/json' }: Case): Promise<string> => {
    const headers = { authorization: `Bearer ${adminKey}`, accept };
    const response = await fetch(base + path.replace('<rare>', home.modelId), { headers });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text;
  };
  /** CPU of the main thread for a read, in ms: more than that, one read can't hold up the event loop. */
  const mainCpuOf = async (one: Case): Promise<number> => {
    const before = mainThreadCpuMs(pid);
    for (let n = 0; n < readsForCpu; n += 1) await read(one);
    return (mainThreadCpuMs(pid) - before) / readsForCpu;
  };
  const measure = async (one: Case): Promise<Measured> => {
    const { wait: idle } = await holdsWhile(target, pid, () => sleep(idleMs));
    const took: number[] = [];
    let bytes = 0;
    const { wait: waits } = await holdsWhile(target, pid, async () => {
      const until = performance.now() + idleMs;
      while (performance.now() < until) {
        const startedAtMs = performance.now();
        bytes = (await read(one)).length;
        took.push(performance.now() - startedAtMs);
      }
    });
    return { idle, waits, tookMs: median(took), bytes, mainCpuMs: await mainCpuOf(one) };
  };
  console.log(`\n${engine}: ${calls} calls, ${rows} conversations, end users and generations`);
  // The first report starts a thread.
  for (const one of cases) await read(one);
  console.log(
    `${'read'.padEnd(56)}${'ms'.padStart(8)}${'KB'.padStart(8)}${'main'.padStart(8)}   /healthz p50, p99, max (idle p99, max) in ms`,
  );
  for (const one of cases) {
    const rounds: Measured[] = [];
    while (rounds.length < options.rounds) rounds.push(await measure(one));
    const of = (value: (one: Measured) => number): string => median(rounds.map(value)).toFixed(1);
    const beyond = median(rounds.map(({ waits, idle }) => waits.max - idle.max));
    const name = `${one.path}${one.accept === undefined ? '' : ` ${one.accept}`}`;
    console.log(
      name.padEnd(56) +
        of(({ tookMs }) => tookMs).padStart(8) +
        of(({ bytes }) => bytes / 1000).padStart(8) +
        `${of(({ mainCpuMs }) => mainCpuMs).padStart(8)}   ` +
        `${of(({ waits }) => waits.p50)}, ${of(({ waits }) => waits.p99)}, ${of(({ waits }) => waits.max)} ` +
        `(${of(({ idle }) => idle.p99)}, ${of(({ idle }) => idle.max)})  ${beyond > aimMs ? `ABOVE THE AIM of ${aimMs} ms` : 'ok'}`,
    );
  }
}

for (const engine of ['sqlite', 'postgres'] as const) if (options.contenders.has(engine)) await run(engine);
