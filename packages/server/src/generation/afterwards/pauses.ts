/** How long to leave something alone that keeps failing: after some failures in a row, more and more turns. */

/** Failures in a row without a pause. */
const freeFailures = 4;
/** Turns of the longest pause; each failure doubles it. */
const maxPause = 32;
/** Most sessions that are remembered. */
const maxEntries = 1000;

interface Pause {
  readonly failures: number;
  /** Turns to pass over before the next try. */
  readonly left: number;
}

export class Pauses {
  readonly #pauses = new Map<string, Pause>();

  /** Counts a turn; true if the next try is due. */
  isOver(key: string): boolean {
    const pause = this.#pauses.get(key);
    if (pause === undefined || pause.left === 0) return true;
    this.#pauses.set(key, { ...pause, left: pause.left - 1 });
    return false;
  }

  failed(key: string): void {
    const failures = (this.#pauses.get(key)?.failures ?? 0) + 1;
    this.#pauses.delete(key);
    const left = failures <= freeFailures ? 0 : Math.min(maxPause, 2 ** (failures - freeFailures - 1));
    this.#pauses.set(key, { failures, left });
    const [oldest] = this.#pauses.keys();
    if (this.#pauses.size > maxEntries && oldest !== undefined) this.#pauses.delete(oldest);
  }

  succeeded(key: string): void {
    this.#pauses.delete(key);
  }
}
