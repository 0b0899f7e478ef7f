/** A token bucket (as in RFC 2697): full at first, refilled evenly, and overdrawn when a call costs more than reserved. */
export class Bucket {
  /** The used part of the capacity: never below 0, above the capacity when overdrawn. */
  #used = 0;
  #refilledAtMs: number | undefined;

  /** What of the capacity is used now. A bucket refills by `capacity` every `periodMs`. */
  used(capacity: number, periodMs: number, nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - (this.#refilledAtMs ?? nowMs));
    this.#used = Math.max(0, this.#used - (elapsedMs * capacity) / periodMs);
    this.#refilledAtMs = nowMs;
    return this.#used;
  }

  /** Milliseconds until `amount` is available, 0 if it is now. */
  waitMs(capacity: number, periodMs: number, amount: number, nowMs: number): number {
    const missing = this.used(capacity, periodMs, nowMs) + amount - capacity;
    return missing <= 0 ? 0 : (missing * periodMs) / capacity;
  }

  /** A negative amount is given back. */
  take(amount: number): void {
    this.#used = Math.max(0, this.#used + amount);
  }
}
