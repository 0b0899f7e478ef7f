/** How this server is, in one value: what the operator looks at when something is slow or fails. */
import { statfs } from 'node:fs/promises';
import type { Registry } from 'prom-client';
import type { Bus } from '../../../bus/bus.ts';
import { abortable } from '../../../concurrency/abortable.ts';
import type { LoadWatch } from '../../../concurrency/load/load-watch.ts';
import type { Percentiles } from '../../../domain/usage/latencies.ts';
import type { EngineReadings } from '../../../generation/interface.ts';
import type { LocalModelStatus } from '../../../models/local/local-model.ts';
import { listReplicas, type ReplicaRecord, readSchemaVersion } from '../../../store/queries/replicas.ts';
import type { Store } from '../../../store/store.ts';
import type { Readings, StoredReadings } from '../readings.ts';
import type { ProviderReading, ProviderReadings } from './provider-readings.ts';

export interface Health {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly store: {
    readonly engine: Store['engine'];
    readonly readings: StoredReadings | undefined;
    readonly schema: string | null;
  };
  /** Undefined where the server shares none. */
  readonly bus: Pick<Bus, 'isUp' | 'problem'> | undefined;
  /** Undefined while the store does not answer. */
  readonly replicas: readonly ReplicaRecord[] | undefined;
  readonly openStreams: number;
  readonly engine: EngineReadings;
  readonly commits: CommitTimes;
  /** Since the start of this process. */
  readonly providers: readonly ProviderHealth[];
  /** The local model of the environment; undefined where nobody runs one. */
  readonly localModel: LocalModelReading | undefined;
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | undefined;
  readonly load: Pick<LoadWatch, 'level' | 'sample'> | undefined;
  readonly memory: { readonly residentBytes: number; readonly heapBytes: number };
}

export interface CommitTimes {
  readonly count: number;
  readonly meanMs: number | null;
  /** Bounds, in milliseconds, below which half and 99 % of the commits were; null without any, or beyond the last. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface LocalModelReading extends LocalModelStatus {
  readonly name: string;
  readonly bytes: number | undefined;
}

export interface ProviderHealth {
  readonly provider: string;
  /** Generations that it has ended in this way. */
  readonly answered: number;
  readonly failed: number;
  /** Calls that failed, by HTTP status, those that were made again included; `none`: there was no response. */
  readonly errors: Readonly<Record<string, number>>;
  /** Of the last hour. */
  readonly firstToken: Percentiles;
  readonly duration: Percentiles;
  readonly lastError: ProviderReading['lastError'];
}

export interface HealthOptions {
  readonly version: string;
  readonly store: Pick<Store, 'engine' | 'reads'>;
  readonly bus: Bus;
  readonly readings: Readings;
  readonly registry: Registry;
  readonly providers: Pick<ProviderReadings, 'read'>;
  readonly localModel: (() => LocalModelReading) | undefined;
  readonly openStreams: () => number;
  readonly load: Pick<LoadWatch, 'level' | 'sample'> | undefined;
  /** The directory whose disk is looked at; undefined: none. */
  readonly dataDir: string | undefined;
}

export type ReadHealth = () => Promise<Health>;

/** The wait for a store that is away. */
const longestMs = 2000;

export function createHealth(options: HealthOptions): ReadHealth {
  const { version, store, bus, readings, registry, openStreams, load, dataDir } = options;
  const ask = <Result>(query: Promise<Result>): Promise<Result | undefined> =>
    abortable(query, AbortSignal.timeout(longestMs)).catch(() => undefined);
  return async () => {
    const [stored, schema, replicas, commits, providers, disk] = await Promise.all([
      readings.store(),
      ask(readSchemaVersion(store.reads)),
      ask(listReplicas(store.reads, store.engine)),
      readCommitTimes(registry),
      readProviders(registry, options.providers.read()),
      dataDir === undefined ? undefined : statfs(dataDir).catch(() => undefined),
    ]);
    const { rss: residentBytes, heapUsed: heapBytes } = process.memoryUsage();
    return {
      version,
      uptimeSeconds: Math.floor(process.uptime()),
      store: { engine: store.engine, readings: stored, schema: schema ?? null },
      bus: bus.isShared ? bus : undefined,
      replicas,
      openStreams: openStreams(),
      engine: readings.engine(),
      commits,
      providers,
      localModel: options.localModel?.(),
      disk: disk && { freeBytes: disk.bavail * disk.bsize, totalBytes: disk.blocks * disk.bsize },
      load,
      memory: { residentBytes, heapBytes },
    };
  };
}

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly metricName?: string;
}

async function samplesOf(registry: Registry, name: string): Promise<readonly Sample[]> {
  return ((await registry.getSingleMetric(name)?.get())?.values ?? []) as readonly Sample[];
}

async function readCommitTimes(registry: Registry): Promise<CommitTimes> {
  const name = 'colloquy_commit_seconds';
  const samples = await samplesOf(registry, name);
  const totalOf = (suffix: string): number =>
    samples.find(({ metricName }) => metricName === `${name}_${suffix}`)?.value ?? 0;
  const count = totalOf('count');
  const boundOf = (share: number): number | null => {
    if (count === 0) return null;
    const bucket = samples.find(
      ({ metricName, value }) => metricName === `${name}_bucket` && value >= share * count,
    );
    const bound = Number(bucket?.labels.le);
    return Number.isFinite(bound) ? bound * 1000 : null;
  };
  const meanMs = count === 0 ? null : (1000 * totalOf('sum')) / count;
  return { count, meanMs, p50Ms: boundOf(0.5), p99Ms: boundOf(0.99) };
}

const unread: Percentiles = { p50: null, p95: null };

async function readProviders(
  registry: Registry,
  readings: ReturnType<ProviderReadings['read']>,
): Promise<readonly ProviderHealth[]> {
  const [ended, errors] = await Promise.all([
    samplesOf(registry, 'colloquy_generations_total'),
    samplesOf(registry, 'colloquy_provider_errors_total'),
  ]);
  const counted = [...ended, ...errors].map(({ labels }) => String(labels.provider));
  const names = [...new Set([...counted, ...readings.keys()])];
  return names.sort().map((provider) => {
    const own = ended.filter(({ labels }) => labels.provider === provider);
    const failed = own.filter(({ labels }) => labels.status === 'failed');
    const { firstToken = unread, duration = unread, lastError = null } = readings.get(provider) ?? {};
    return {
      provider,
      answered: sum(own) - sum(failed),
      failed: sum(failed),
      errors: Object.fromEntries(
        errors
          .filter(({ labels }) => labels.provider === provider)
          .map(({ labels, value }) => [String(labels.status), value]),
      ),
      firstToken,
      duration,
      lastError,
    };
  });
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}
