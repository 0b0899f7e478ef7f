/**
 * Watches whether this process keeps up, by the delay of its event loop and by its memory, and refuses new work before
 * what runs suffers. `busy` refuses new turns; `severe` everything but what is essential. Levels rise and fall one look
 * after the other, and fall later than they rise, so that they do not flutter.
 */
import { AppError } from '../../domain/errors.ts';
import { createMemoryReader, type MemoryReading } from './memory.ts';

export const loadLevels = ['normal', 'busy', 'severe'] as const;
export type LoadLevel = (typeof loadLevels)[number];

export interface LoadSample {
  /** The longest delay of the event loop since the look before, in milliseconds. */
  readonly loopDelayMs: number;
  readonly memory: MemoryReading;
}

export interface LoadBounds {
  /** Milliseconds; 0: the event loop does not count. */
  readonly loopDelayMs: number;
  /** Percent of the memory that the process may have; 0: memory does not count. */
  readonly memoryPercent: number;
}

export interface LoadWatch extends Disposable {
  readonly level: LoadLevel;
  readonly sample: LoadSample;
  /** What was refused since the start. */
  readonly refused: { readonly turns: number; readonly requests: number };
  /** @throws AppError overloaded, while the process is `busy` or worse */
  admitTurn(): void;
  /** @throws AppError overloaded, while the overload is `severe` */
  admitRequest(): void;
}

export interface LoadWatchOptions {
  readonly bounds: LoadBounds;
  /** Called when the level has changed. */
  onChange(level: LoadLevel, sample: LoadSample): void;
  /** Reads a sample. Default: of this process. */
  readonly read?: () => LoadSample;
  readonly intervalMs?: number;
}

/** Looks in a row that are past a bound before the level rises, and below it before the level falls by one. */
const looksToRise = 3;
const looksToFall = 6;
/** The part of a bound below which a reading has to fall. */
const easedDelay = 0.6;
const easedMemory = 0.95;
const retryAfterSeconds = 5;
/** Interval of the timer whose lateness is the delay of the event loop. */
const tickMs = 50;

/** A test that looks by itself calls `look`. */
export function watchLoad(options: LoadWatchOptions): LoadWatch & { look(): void } {
  const { bounds, onChange, intervalMs = 500 } = options;
  const readMemory = createMemoryReader();
  let longestDelayMs = 0;
  const read = options.read ?? (() => ({ loopDelayMs: longestDelayMs, memory: readMemory() }));
  let sample = read();
  let level = 0;
  let rising = 0;
  let falling = 0;
  const refused = { turns: 0, requests: 0 };

  function look(): void {
    sample = read();
    longestDelayMs = 0;
    const high = levelOf(sample, bounds, 1, 1);
    const low = levelOf(sample, bounds, easedDelay, easedMemory);
    rising = high > level ? rising + 1 : 0;
    falling = low < level ? falling + 1 : 0;
    if (rising >= looksToRise) setLevel(high);
    else if (falling >= looksToFall) setLevel(level - 1);
  }

  function setLevel(next: number): void {
    level = next;
    rising = 0;
    falling = 0;
    onChange(nameOf(level), sample);
  }

  // Not Node's own histogram of delays: after each reset it counts from its second timer on, and so misses long delays.
  let tickedAt = performance.now();
  let lookedAt = tickedAt;
  function tick(): void {
    const now = performance.now();
    longestDelayMs = Math.max(longestDelayMs, now - tickedAt - tickMs);
    tickedAt = now;
    if (now - lookedAt < intervalMs) return;
    lookedAt = now;
    look();
  }

  const isOn = bounds.loopDelayMs > 0 || bounds.memoryPercent > 0;
  const timer = isOn ? setInterval(tick, tickMs).unref() : undefined;
  return {
    get level() {
      return nameOf(level);
    },
    get sample() {
      return sample;
    },
    refused,
    admitTurn() {
      if (level === 0) return;
      refused.turns += 1;
      throw overloaded();
    },
    admitRequest() {
      if (level < 2) return;
      refused.requests += 1;
      throw overloaded();
    },
    look,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function nameOf(level: number): LoadLevel {
  return loadLevels[level] ?? 'normal';
}

function overloaded(): AppError {
  return new AppError('overloaded', 'the server is overloaded; retry shortly', {
    retry_after_seconds: retryAfterSeconds,
  });
}

/** 0, 1 or 2, for these parts of the bounds. */
function levelOf(sample: LoadSample, bounds: LoadBounds, ofDelay: number, ofMemory: number): number {
  const delay = bounds.loopDelayMs * ofDelay;
  const byDelay = bounds.loopDelayMs === 0 ? 0 : steps(sample.loopDelayMs, delay, 2 * delay);
  const share = bounds.memoryPercent / 100;
  const severe = share + (1 - share) / 2;
  const byMemory =
    bounds.memoryPercent === 0 ? 0 : steps(sample.memory.share, share * ofMemory, severe * ofMemory);
  return Math.max(byDelay, byMemory);
}

function steps(value: number, busy: number, severe: number): number {
  return value >= severe ? 2 : value >= busy ? 1 : 0;
}
