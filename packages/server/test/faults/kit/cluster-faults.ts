/** The faults of a run on a cluster: kills in turn, and at fixed kills a frozen server, Redis or PostgreSQL restarted. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backing } from './backing.ts';
import type { FaultTotals } from './faults.ts';
import type { Host } from './host.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';

const troubles = ['freeze', 'redis', 'freeze', 'postgres'] as const;
type Trouble = (typeof troubles)[number];
export type Recovery = Trouble | 'kill';

export interface ClusterFaultOptions {
  readonly host: Host;
  readonly backing: Backing;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly leaseMs: number;
  /** Of the run; the troubles are spread over them. */
  readonly kills: number;
  readonly streams: number;
  readonly trace: (step: string) => void;
}

/** How long each recovery took, in milliseconds. */
export type Recoveries = { readonly [Name in Recovery]: number[] };

export function noRecoveries(): Recoveries {
  return { kill: [], freeze: [], redis: [], postgres: [] };
}

/** What comes before this kill, which is counted from 0. */
function troubleBefore(kill: number, kills: number): Trouble | undefined {
  return troubles.find((_, index) => kill === Math.floor(((index + 1) * kills) / (troubles.length + 1)));
}

/** One round: a trouble where it is due, then a kill while enough streams are open, and the server's next start. */
export async function disturbCluster(
  options: ClusterFaultOptions,
  faults: FaultTotals,
  recoveries: Recoveries,
): Promise<void> {
  const { host, backing, ledger, random, leaseMs, kills, streams, trace } = options;
  const replica = random.between(0, host.replicas - 1);
  const deadline = performance.now() + 60_000;
  while (ledger.openStreams < streams && performance.now() < deadline) await sleep(20);
  await sleep(random.between(0, 500));
  const trouble = troubleBefore(faults.kills, kills);
  if (trouble !== undefined) {
    trace(trouble);
    if (trouble === 'freeze') faults.freezes += 1;
    recoveries[trouble].push(await suffer(options, trouble, replica));
  }
  faults.kills += 1;
  if (ledger.openStreams >= streams) faults.killsAmongStreams += 1;
  faults.streamsAtKill.push(ledger.openStreams);
  trace(`kill ${faults.kills}; ${ledger.openStreams} streams open`);
  const since = performance.now();
  await host.kill(replica);
  recoveries.kill.push(await backing.taken(since, leaseMs));
  await host.start(replica);
}

/** Gives the milliseconds from the fault until all is well again. */
async function suffer(
  { host, backing, leaseMs }: ClusterFaultOptions,
  trouble: Trouble,
  replica: number,
): Promise<number> {
  const since = performance.now();
  if (trouble === 'freeze') {
    host.signal(replica, 'SIGSTOP');
    await sleep(leaseMs * 1.6);
    host.signal(replica, 'SIGCONT');
    return await backing.taken(since, 0);
  }
  if (trouble === 'redis') {
    await backing.redis.kill();
    await sleep(1000);
    await backing.redis.start();
    return await wellSince(host, since);
  }
  host.troubles += 1;
  await backing.postgres.stop('fast');
  await backing.postgres.start();
  const tookMs = await wellSince(host, since);
  host.troubles -= 1;
  return tookMs;
}

/** Waits until every server is ready and has nothing to complain of. */
async function wellSince(host: Host, since: number): Promise<number> {
  for (;;) {
    const all = await Promise.all(host.addresses.map(isWell));
    if (all.every(Boolean)) return performance.now() - since;
    await sleep(50);
  }
}

async function isWell(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`);
    const { problems } = (await response.json()) as { problems: readonly string[] };
    return response.ok && problems.length === 0;
  } catch {
    return false;
  }
}
