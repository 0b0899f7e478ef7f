/**
 * What is said to screen readers, one thing after the other: a region that changes again before it was read loses what
 * stood in it.
 */

export interface Spoken {
  readonly polite: string;
  readonly assertive: string;
}

export interface Clock {
  /** Calls back after `ms`; gives what takes it back. */
  after(ms: number, run: () => void): () => void;
}

export interface Announcer {
  /** Said when the reader is done with what it reads. */
  say(text: string): void;
  /** Said at once, before all that waits. */
  alert(text: string): void;
  /** What waits is not said any more. */
  clear(): void;
  readonly spoken: Spoken;
  /** Called on every change. @returns what ends it */
  subscribe(listener: () => void): () => void;
}

/** The least time between two changes. */
export const gapMs = 400;
/** More than that is not waited for: what is older is out of date. */
const maxWaiting = 20;

const systemClock: Clock = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export function createAnnouncer(clock: Clock = systemClock): Announcer {
  const listeners = new Set<() => void>();
  let waiting: { readonly region: keyof Spoken; readonly text: string }[] = [];
  let spoken: Spoken = { polite: '', assertive: '' };
  let isResting = false;

  function sayNext(): void {
    isResting = false;
    const next = waiting.shift();
    if (next === undefined) return;
    // The same text once more is a change only if it differs: a blank that nobody hears.
    const text = spoken[next.region] === next.text ? `${next.text}\u00a0` : next.text;
    spoken = { ...spoken, [next.region]: text };
    isResting = true;
    clock.after(gapMs, sayNext);
    for (const listener of listeners) listener();
  }

  return {
    say(text) {
      if (text.trim() === '') return;
      waiting.push({ region: 'polite', text });
      if (waiting.length > maxWaiting) waiting.shift();
      if (!isResting) sayNext();
    },
    alert(text) {
      if (text.trim() === '') return;
      waiting.unshift({ region: 'assertive', text });
      if (!isResting) sayNext();
    },
    clear() {
      waiting = [];
    },
    get spoken() {
      return spoken;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
