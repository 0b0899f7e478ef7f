/**
 * The places of probe streams, which anybody may open without a credential. They are bounded in all, and not for each
 * address, behind which there may be a whole company or a proxy. Once all are taken, the address that has most gives one
 * up: of its streams, the new one among them, the one that would last longest. So who holds streams for long makes room
 * for short ones, nobody can cut a stream off by opening others like it, and an address that has few loses none to one
 * that has many.
 */
import { AppError } from '../../domain/errors.ts';

export interface Place {
  readonly address: string;
  /** When the stream ends by itself, in milliseconds of any clock. */
  readonly endsAt: number;
  /** Ends the stream before its time. */
  end(): void;
}

export class ProbePlaces {
  readonly #most: number;
  readonly #taken = new Set<Place>();

  /** @param most places in all */
  constructor(most: number) {
    this.#most = most;
  }

  /** @throws AppError overloaded, with the seconds until a place is free */
  take(place: Place, now: number): void {
    if (this.#taken.size >= this.#most) {
      const yielding = this.#yielding(place);
      if (yielding === place) throw this.#full(now);
      this.#taken.delete(yielding);
      yielding.end();
    }
    this.#taken.add(place);
  }

  giveBack(place: Place): void {
    this.#taken.delete(place);
  }

  endAll(): void {
    for (const place of this.#taken) place.end();
  }

  /** Of equal ones the newest. */
  #yielding(newest: Place): Place {
    const all = [...this.#taken, newest];
    const counts = new Map<string, number>();
    for (const { address } of all) counts.set(address, (counts.get(address) ?? 0) + 1);
    const most = Math.max(...counts.values());
    return all
      .filter(({ address }) => counts.get(address) === most)
      .reduce((longest, one) => (one.endsAt >= longest.endsAt ? one : longest));
  }

  #full(now: number): AppError {
    const first = Math.min(...[...this.#taken].map(({ endsAt }) => endsAt));
    return new AppError('overloaded', 'all probe streams are taken; retry shortly', {
      retry_after_seconds: Math.max(1, Math.ceil((first - now) / 1000)),
    });
  }
}
