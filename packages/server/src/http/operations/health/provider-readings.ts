/** How long providers have taken of late, and why their calls failed last: for the health of this process. */
import { Latencies, type Percentiles } from '../../../domain/usage/latencies.ts';
import type { ProviderError } from '../../../generation/log/live-generation.ts';
import type { EndedGeneration } from '../../../generation/running/ended.ts';

export interface ProviderReading {
  /** From the request to the first token, and to the end, of answers that ended within the last hour. */
  readonly firstToken: Percentiles;
  readonly duration: Percentiles;
  /** The last call that failed since the start, also where it was made again; null: there was none. */
  readonly lastError: Pick<ProviderError, 'status' | 'reason' | 'at'> | null;
}

export interface ProviderReadings {
  /** Takes what an answer that has ended tells of the providers that were asked for it. */
  count(ended: Pick<EndedGeneration, 'providerTimes' | 'providerErrors'>): void;
  /** By the provider's name. */
  read(): ReadonlyMap<string, ProviderReading>;
}

/** Times are kept in slices, so that what is old can be forgotten. */
const sliceMs = 300_000;
const keptSlices = 12;

interface Slice {
  readonly number: number;
  readonly firstToken: Latencies;
  readonly duration: Latencies;
}

interface Provider {
  /** Oldest first. */
  slices: readonly Slice[];
  lastError: ProviderReading['lastError'];
}

/** @param now gives epoch milliseconds */
export function createProviderReadings(now: () => number): ProviderReadings {
  /** By name; there are as many as the server knows providers. */
  const providers = new Map<string, Provider>();
  const find = (name: string): Provider => {
    const found = providers.get(name) ?? { slices: [], lastError: null };
    providers.set(name, found);
    return found;
  };
  const currentNumber = (): number => Math.floor(now() / sliceMs);
  /** Those of the last hour; a clock that was set back makes later ones vanish. */
  const recent = ({ slices }: Provider): readonly Slice[] => {
    const current = currentNumber();
    return slices.filter(({ number }) => number > current - keptSlices && number <= current);
  };
  const currentSlice = (provider: Provider): Slice => {
    const number = currentNumber();
    const kept = recent(provider);
    const last = kept.at(-1);
    if (last?.number === number) return last;
    const slice = { number, firstToken: new Latencies(), duration: new Latencies() };
    provider.slices = [...kept, slice];
    return slice;
  };
  return {
    count({ providerTimes, providerErrors }) {
      for (const { provider, firstTokenMs, durationMs } of providerTimes) {
        const slice = currentSlice(find(provider));
        if (firstTokenMs !== null) slice.firstToken.add(Math.max(0, firstTokenMs));
        if (durationMs !== null) slice.duration.add(Math.max(0, durationMs));
      }
      for (const { provider: name, status, reason, at } of providerErrors) {
        const provider = find(name);
        // Answers end in another order than that in which their calls failed.
        if (at >= (provider.lastError?.at ?? 0)) provider.lastError = { status, reason, at };
      }
    },
    read: () =>
      new Map(
        [...providers].map(([name, provider]) => {
          const slices = recent(provider);
          return [
            name,
            {
              firstToken: percentilesOf(slices.map(({ firstToken }) => firstToken)),
              duration: percentilesOf(slices.map(({ duration }) => duration)),
              lastError: provider.lastError,
            },
          ];
        }),
      ),
  };
}

function percentilesOf(slices: readonly Latencies[]): Percentiles {
  const all = new Latencies();
  all.addText(slices.join(' '));
  return all.percentiles();
}
