/** A token bucket (as in RFC 2697): full at first, refilled evenly, and may be overdrawn by what was not foreseen. */
export class Bucket {
  /** Used of the capacity; below 0 never, above it when overdrawn. */
  #used = 0;
  #refilledAtMs: number | undefined;

  /** Milliseconds until `amount` is there; 0: it is. A bucket holds `capacity`, which flows in every `periodMs`. */
  waitMs(capacity: number, periodMs: number, amount: number, nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - (this.#refilledAtMs ?? nowMs));
    this.#used = Math.max(0, this.#used - (elapsedMs * capacity) / periodMs);
    this.#refilledAtMs = nowMs;
    const missing = this.#used + amount - capacity;
    return missing <= 0 ? 0 : (missing * periodMs) / capacity;
  }

  /** Negative: gives back. */
  take(amount: number): void {
    this.#used = Math.max(0, this.#used + amount);
  }
}
