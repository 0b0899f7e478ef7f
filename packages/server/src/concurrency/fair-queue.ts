/**
 * What waits for one of a few places, where nobody's load may keep others waiting: the owner that has used the places
 * least of late comes first, and one that has used them for long never takes the last free place.
 */
import { performance } from 'node:perf_hooks';

export interface FairQueueOptions {
  readonly places: number;
  /** The most items of one owner that wait. Default: no bound. */
  readonly maxItems?: number;
  /** The most weight of one owner that waits. Default: no bound. */
  readonly maxWeight?: number;
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
}

interface Owner<T> {
  /** Items and their weights, oldest first. */
  readonly waiting: Map<T, number>;
  weight: number;
  /** When each of its taken items was taken. */
  readonly taken: Map<T, number>;
  /** Milliseconds for which it has had places, halved every `halfLifeMs`, as of `usedAt`. */
  used: number;
  usedAt: number;
}

const halfLifeMs = 10_000;
/** What an owner may have used and still take the last free place. */
const lightUseMs = 1_000;
/** An owner that has used less is forgotten once it has nothing here. */
const forgottenMs = 10;

/** Items without an owner share one that may take every place. */
export class FairQueue<T> {
  readonly #options: FairQueueOptions;
  readonly #now: () => number;
  readonly #owners = new Map<string | undefined, Owner<T>>();
  #places: number;

  constructor(options: FairQueueOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#places = options.places;
  }

  /** How many items wait, of all owners. */
  get size(): number {
    return this.#owners.values().reduce((sum, { waiting }) => sum + waiting.size, 0);
  }

  /** False where too much of this owner waits already. */
  add(name: string | undefined, item: T, weight = 0): boolean {
    const { maxItems = Number.POSITIVE_INFINITY, maxWeight = Number.POSITIVE_INFINITY } = this.#options;
    const owner = this.#owners.get(name) ?? this.#newOwner(name);
    // An item that is heavier than the bound may still wait alone.
    const isTooHeavy = owner.waiting.size > 0 && owner.weight + weight > maxWeight;
    if (owner.waiting.size >= maxItems || isTooHeavy) return false;
    owner.waiting.set(item, weight);
    owner.weight += weight;
    return true;
  }

  /** The item that waits no more. */
  delete(name: string | undefined, item: T): void {
    const owner = this.#owners.get(name);
    owner?.waiting.delete(item);
    if (owner !== undefined) owner.weight = sum(owner.waiting.values());
  }

  /** Takes a place for the item whose turn it is; undefined where there is no place, or nothing that may have it. */
  take(): T | undefined {
    if (this.#places === 0) return undefined;
    const now = this.#now();
    let [least, first]: [number, Owner<T> | undefined] = [Number.POSITIVE_INFINITY, undefined];
    for (const [name, owner] of this.#owners) {
      const use = useOf(owner, now);
      if (owner.waiting.size === 0) {
        if (owner.taken.size === 0 && use < forgottenMs) this.#owners.delete(name);
        continue;
      }
      const isHeavy = name !== undefined && owner.taken.size > 0 && use > lightUseMs;
      if (use < least && !(isHeavy && this.#places === 1)) [least, first] = [use, owner];
    }
    const [item] = first?.waiting.keys() ?? [];
    if (first === undefined || item === undefined) return undefined;
    first.weight -= first.waiting.get(item) ?? 0;
    first.waiting.delete(item);
    first.taken.set(item, now);
    this.#places--;
    return item;
  }

  /** Gives the place of a taken item back; of any other it does nothing. */
  release(name: string | undefined, item: T): void {
    const owner = this.#owners.get(name);
    if (owner?.taken.has(item) !== true) return;
    const now = this.#now();
    owner.used = useBefore(owner, now) + now - (owner.taken.get(item) ?? now);
    owner.usedAt = now;
    owner.taken.delete(item);
    this.#places++;
  }

  /** Takes out all that waits. */
  clear(): readonly T[] {
    const items = [...this.#owners.values()].flatMap(({ waiting }) => [...waiting.keys()]);
    for (const owner of this.#owners.values()) {
      owner.waiting.clear();
      owner.weight = 0;
    }
    return items;
  }

  #newOwner(name: string | undefined): Owner<T> {
    const owner = { waiting: new Map(), weight: 0, taken: new Map(), used: 0, usedAt: this.#now() };
    this.#owners.set(name, owner);
    return owner;
  }
}

/** What it has used, of what it has taken now too. */
function useOf<T>(owner: Owner<T>, now: number): number {
  return useBefore(owner, now) + sum(owner.taken.values().map((since) => now - since));
}

function useBefore<T>({ used, usedAt }: Owner<T>, now: number): number {
  return used * 0.5 ** ((now - usedAt) / halfLifeMs);
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((all, one) => all + one, 0);
}
