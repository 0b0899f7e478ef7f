/** A run of the fault kit: clients work, servers suffer faults, and now and then all is compared with the store. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { generationOf, openStream } from 'colloquy-testkit/event-stream';
import { emptyPlace, type Place } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { makeTenant } from 'colloquy-testkit/tenants';
import { startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { type Dialect, dialects } from '../../../src/domain/generation.ts';
import type { StoreEngine } from '../../../src/store/store.ts';
import { act } from './actor.ts';
import type { Backing } from './backing.ts';
import { questionOf, scriptFor, turnOf } from './behaviours.ts';
import { disturbCluster, noRecoveries, type Recoveries } from './cluster-faults.ts';
import { settlesWithin } from './deadline.ts';
import { mountSmallDisk, type SmallDisk } from './disk.ts';
import { disturb, emptyTotals, type FaultTotals } from './faults.ts';
import { Host } from './host.ts';
import { Ledger } from './ledger.ts';
import { seededRandom } from './random.ts';
import { openDisk, readStored } from './stored-log.ts';
import { verify } from './verify.ts';
import type { World } from './viewer.ts';

export interface RunOptions {
  readonly seed: number;
  /** Number of kills to make while at least `streams` streams are open. */
  readonly kills: number;
  readonly streams: number;
  readonly engine: StoreEngine;
  /** Servers on one database. More than one only on PostgreSQL. */
  readonly replicas: number;
  /** Servers behind a balancer, with a PostgreSQL and a Redis of their own that suffer faults too. Default: none. */
  readonly backing?: Backing;
  /** Time limit of the run, which ends it even after fewer kills. */
  readonly seconds: number;
  /** Number of kills between two checks of everything. */
  readonly killsPerCheck: number;
  readonly onProgress: (line: string) => void;
  /** A directory that gets the log of each server, from its start to its end. Default: none is kept. */
  readonly logs?: string;
  /** Called at every step, to find out where a run hangs. */
  readonly trace?: (step: string) => void;
}

export interface RunResult {
  readonly violations: readonly string[];
  readonly faults: FaultTotals;
  /** How long recoveries of a cluster took. */
  readonly recoveries: Recoveries;
  readonly clients: Ledger['totals'];
  /** Number of checked generations by their final status. */
  readonly generations: Readonly<Record<string, number>>;
  readonly modelCalls: number;
  readonly checks: number;
  /** Faults that this machine does not allow. */
  readonly missing: readonly string[];
  /** Starts that ended with the exit code 1, and were made again, as supervisors do. */
  readonly repeatedStarts: readonly string[];
  /** How often a server found that it had lost its lease. */
  readonly lostLeases: number;
  readonly seconds: number;
}

/** Clients for each wanted stream, since a client does not have a stream open at every moment. */
const clientsPerStream = 2;
const leaseMs = 1000;
/** Time limit for the clients to finish, far longer than a busy machine needs. */
const settleMs = 120_000;

export async function runFaults(options: RunOptions): Promise<RunResult> {
  await using cleanup = new AsyncDisposableStack();
  const { backing } = options;
  const place = backing === undefined ? await emptyPlace(options.engine) : await placeOn(backing);
  cleanup.defer(() => rm(place.dataDir, { recursive: true, force: true }));
  const disk = await smallDisk(options);
  if (disk !== undefined) cleanup.use(disk);
  const where: Place = disk === undefined ? place : { ...place, dataDir: join(disk.path, 'data') };
  const scratch = await mkdtemp(join(tmpdir(), 'colloquy-faults-'));
  cleanup.defer(() => rm(scratch, { recursive: true, force: true }));
  const clockPath = join(scratch, 'offset');
  await writeFile(clockPath, '0');

  const ledger = new Ledger();
  const upstream = cleanup.use(await startScriptedUpstream({ record: false }));
  let modelCalls = 0;
  upstream.setDefault((request) => {
    const question = questionOf(request);
    if (turnOf(question) !== undefined) {
      modelCalls += 1;
      ledger.modelCalls.push(question);
      void request.closed.then((end) => end === 'completed' && ledger.moments.emit('upstream-finished'));
    }
    return scriptFor(request);
  });
  const host = cleanup.use(
    new Host({
      replicas: options.replicas,
      ...(options.logs !== undefined && { logs: options.logs }),
      environment: serverEnvironment(where, {
        LEASE_MS: String(leaseMs),
        SHUTDOWN_GRACE_MS: '300',
        MODEL_FIRST_TOKEN_TIMEOUT_MS: '1200',
        MODEL_IDLE_TIMEOUT_MS: '1200',
        FAULTS_CLOCK_FILE: clockPath,
        ...(backing && { REDIS_URL: backing.redis.url }),
        // Without the cache, compiling modules takes a third of the time of a start.
        NODE_COMPILE_CACHE: join(scratch, 'compiled'),
        NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'moving-clock.ts')).href}`,
      }),
    }),
  );
  for (let replica = 0; replica < options.replicas; replica += 1) await host.start(replica);
  if (backing !== undefined) await host.balance();
  const { prodKey } = await makeTenant(await host.url(), upstream);
  const headers = { 'x-api-key': prodKey };
  const world: World = { host, ledger, headers, dialects: await spokenDialects(await host.url(), headers) };

  const random = seededRandom(options.seed);
  const { trace = () => undefined } = options;
  const faults = emptyTotals();
  const recoveries = noRecoveries();
  const generations: Record<string, number> = {};
  const known = new Set<string>();
  const startedAt = performance.now();
  const isLate = (): boolean => performance.now() - startedAt > options.seconds * 1000;
  let checks = 0;

  while (faults.killsAmongStreams < options.kills && !isLate() && ledger.violations.length === 0) {
    const aim = Math.min(options.kills, faults.killsAmongStreams + options.killsPerCheck);
    let isOver = false;
    const actors = Array.from({ length: Math.ceil(options.streams * clientsPerStream) }, (_, index) => {
      const name = `${checks}.${index}`;
      return act(world, name, random.fork(name), () => isOver);
    });
    const faultRandom = random.fork(`faults ${checks}`);
    while (backing !== undefined && faults.killsAmongStreams < aim && !isLate()) {
      const { kills, streams } = options;
      const cluster = { host, backing, ledger, random: faultRandom, leaseMs, kills, streams, trace };
      await disturbCluster(cluster, faults, recoveries);
    }
    while (backing === undefined && faults.killsAmongStreams < aim && !isLate()) {
      await disturb(
        { host, ledger, random: faultRandom, leaseMs, streams: options.streams, disk, clockPath, trace },
        faults,
      );
    }
    isOver = true;
    trace('clients come to an end');
    checks += 1;
    if (!(await settlesWithin(Promise.all(actors), settleMs))) {
      ledger.violate(`the clients did not come to an end; they wait for ${[...ledger.waits].join('; ')}`);
      trace(ledger.violations.join('\n'));
    }
    trace('check');
    await check();
    options.onProgress(
      `${faults.kills} kills, ${ledger.totals.turns} turns, ${ledger.totals.events} events seen, ` +
        `${ledger.violations.length} violations, ${Math.round((performance.now() - startedAt) / 1000)} s`,
    );
    ledger.clear();
  }
  await using settled = host;
  if (faults.stops === 0 && ledger.earlyEnds > 0) {
    ledger.violate(`${ledger.earlyEnds} streams ended before their generation, and no server was stopped`);
  }
  return {
    violations: [...ledger.violations, ...complaintsOf(settled).map((line) => `a server said: ${line}`)],
    faults,
    recoveries,
    clients: ledger.totals,
    generations,
    modelCalls,
    checks,
    missing:
      disk === undefined && options.engine === 'sqlite' ? ['a full disk (it takes root to mount one)'] : [],
    repeatedStarts: host.repeatedStarts,
    lostLeases: host.lostLeases,
    seconds: Math.round((performance.now() - startedAt) / 1000),
  };

  async function check(): Promise<void> {
    {
      await using live = await openDisk(where);
      const count = async () =>
        Number(
          (await live.all(`select count(*) as n from generation where status in ('queued', 'running')`))[0]
            ?.n,
        );
      const deadline = performance.now() + settleMs;
      while ((await count()) > 0 && performance.now() < deadline) await sleep(50);
    }
    // After one more kill the servers must read everything from the disk.
    for (let replica = 0; replica < options.replicas; replica += 1) await host.kill(replica);
    {
      await using dead = await openDisk(where);
      const stored = await readStored(dead, options.engine === 'sqlite', known);
      await host.start(0);
      for (const sentence of await verify(ledger, stored, await host.url(), headers))
        ledger.violate(sentence);
      for (const { id, status } of stored.generations.values()) {
        known.add(id);
        generations[status] = (generations[status] ?? 0) + 1;
      }
    }
    for (let replica = 1; replica < options.replicas; replica += 1) await host.start(replica);
  }
}

/** If several servers share a database, one may lose its lease on a busy machine; it logs that and continues. */
function complaintsOf({ complaints, replicas }: Host): string[] {
  return complaints.filter((line) => replicas === 1 || !/^\{.*lost its lease/.test(line));
}

async function placeOn({ postgres }: Backing): Promise<Place> {
  return { dataDir: await mkdtemp(join(tmpdir(), 'colloquy-cluster-')), databaseUrl: postgres.url };
}

async function smallDisk(options: RunOptions): Promise<SmallDisk | undefined> {
  if (options.engine !== 'sqlite') return undefined;
  return mountSmallDisk(128 + 3 * options.kills);
}

async function spokenDialects(url: string, headers: Readonly<Record<string, string>>): Promise<Dialect[]> {
  const body = { message: 'turn probe: plain 1 5' };
  const ask = () => openStream({ url: `${url}/api/chat/completion/stream`, headers, body });
  let first = await ask();
  // A machine that is too busy tells it to come back.
  while (first.status === 503) {
    await sleep(200);
    first = await ask();
  }
  await first.closed;
  const spoken: Dialect[] = [];
  for (const dialect of dialects) {
    const location = `${url}/api/generations/${generationOf(first)}/stream?dialect=${dialect}`;
    const replay = await openStream({ url: location, headers });
    await replay.closed;
    if (replay.status === 200) spoken.push(dialect);
  }
  return spoken;
}
