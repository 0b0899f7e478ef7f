/** The faults that servers suffer while clients are at work: kills at chosen moments, and other troubles between. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SmallDisk } from './disk.ts';
import type { Host } from './host.ts';
import type { Ledger, Moments } from './ledger.ts';
import type { Random } from './random.ts';

export interface FaultTotals {
  kills: number;
  /** Number of kills while at least as many streams were open as the options ask for. */
  killsAmongStreams: number;
  /** Number of kills before the server listened. */
  killsInStart: number;
  killsWithFullDisk: number;
  stops: number;
  freezes: number;
  fullDisks: number;
  clockMoves: number;
  /** Number of kills that were aimed at each moment. */
  readonly aims: Record<string, number>;
  /** Number of open streams at each kill. */
  readonly streamsAtKill: number[];
}

export interface FaultOptions {
  readonly host: Host;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly leaseMs: number;
  /** Kills wait until this many streams are open, except those right after a start. */
  readonly streams: number;
  readonly disk: SmallDisk | undefined;
  readonly clockPath: string;
  /** Called at every step, to find out where a run hangs. */
  readonly trace: (step: string) => void;
}

export function emptyTotals(): FaultTotals {
  return {
    kills: 0,
    killsAmongStreams: 0,
    killsInStart: 0,
    killsWithFullDisk: 0,
    stops: 0,
    freezes: 0,
    fullDisks: 0,
    clockMoves: 0,
    aims: {},
    streamsAtKill: [],
  };
}

const aims = {
  'any moment': 4,
  'just started': 1,
  accepted: 1.5,
  'first-frame': 1,
  'last-frame': 1.5,
  'upstream-finished': 1.5,
  cancelled: 0.5,
} as const;
const troubles = { none: 14, freeze: 1, disk: 2, clock: 2 } as const;
const longestWaitMs = 2500;
/** Time limit for the wanted streams to open after a start, long enough for a busy machine. */
const longestStreamsWaitMs = 60_000;
/** The clock moves less than the 24 hours that an idempotency key is kept. */
const widestClockMs = 6 * 3_600_000;

/** One round: perhaps a trouble, then a kill (or now and then a stop) at a chosen moment, and the next start. */
export async function disturb(options: FaultOptions, totals: FaultTotals): Promise<void> {
  const { host, random, ledger } = options;
  const replica = random.between(0, host.replicas - 1);
  const aim = random.weighted(aims);
  // The servers have just started, so the clients get time to make turns.
  options.trace(`round: ${aim}`);
  if (aim === 'just started') await sleep(random.between(0, 60));
  else {
    await streamsAreOpen(options);
    await sleep(random.between(0, 500));
  }
  const trouble = random.weighted(troubles);
  if (trouble !== 'none') options.trace(trouble);
  if (trouble === 'freeze') await freeze(options, replica, totals);
  if (trouble === 'clock') moveClock(options, totals);
  const isDiskFull = trouble === 'disk' && (await fillDisk(options, totals));
  if (aim !== 'any moment' && aim !== 'just started') {
    await moment(ledger, aim);
    await sleep(random.between(0, 4));
  }
  if (random.chance(0.06)) {
    totals.stops += 1;
    options.trace('stop');
    await host.end(replica, 'SIGTERM');
  } else {
    totals.kills += 1;
    totals.aims[aim] = (totals.aims[aim] ?? 0) + 1;
    totals.streamsAtKill.push(ledger.openStreams);
    if (ledger.openStreams >= options.streams) totals.killsAmongStreams += 1;
    if (isDiskFull) totals.killsWithFullDisk += 1;
    options.trace(
      `kill ${totals.kills}, ${totals.killsAmongStreams} among enough streams; ${ledger.openStreams} open`,
    );
    await host.kill(replica);
  }
  if (isDiskFull) freeDisk(options);
  if (random.chance(0.08)) {
    totals.kills += 1;
    totals.killsInStart += 1;
    options.trace('kill in the start');
    totals.streamsAtKill.push(ledger.openStreams);
    await host.startAndKill(random.between(50, 900));
  }
  options.trace('start');
  await host.start(replica);
}

async function streamsAreOpen({ ledger, streams }: FaultOptions): Promise<void> {
  const deadline = performance.now() + longestStreamsWaitMs;
  while (ledger.openStreams < streams && performance.now() < deadline) await sleep(20);
}

async function moment(ledger: Ledger, name: keyof Moments): Promise<void> {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), longestWaitMs);
  await once(ledger.moments, name, { signal: waiting.signal }).catch(() => undefined);
  clearTimeout(timer);
}

/** Freezes a server for longer than its lease, so that it must find out whether it still owns its generations. */
async function freeze({ host, leaseMs }: FaultOptions, replica: number, totals: FaultTotals): Promise<void> {
  totals.freezes += 1;
  host.signal(replica, 'SIGSTOP');
  await sleep(leaseMs * 1.6);
  host.signal(replica, 'SIGCONT');
}

function moveClock({ random, clockPath }: FaultOptions, totals: FaultTotals): void {
  totals.clockMoves += 1;
  writeFileSync(clockPath, String(random.between(-widestClockMs, widestClockMs)));
}

/** Whether the disk stays full until the kill. */
async function fillDisk(options: FaultOptions, totals: FaultTotals): Promise<boolean> {
  const { disk, host, random } = options;
  if (disk === undefined) return false;
  totals.fullDisks += 1;
  host.troubles += 1;
  await disk.fill();
  await sleep(random.between(200, 1200));
  if (random.chance(0.4)) return true;
  freeDisk(options);
  return false;
}

function freeDisk({ disk, host }: FaultOptions): void {
  disk?.free();
  // Responses to earlier requests are still on their way.
  setTimeout(() => {
    host.troubles -= 1;
  }, 1000).unref();
}
