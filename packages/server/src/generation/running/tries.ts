/** The order in which a generation tries models. */
import { AppError } from '../../domain/errors.ts';
import type { Fallback, RunPlan } from '../plan/plan.ts';
import { type Breakers, unwatched, type Watch } from './breakers.ts';

export interface Try {
  readonly plan: RunPlan;
  readonly watch: Watch;
  /** Whether there is one more to try after it, as far as is known by now. */
  hasOther(): boolean;
}

/**
 * The first plan, then its fallbacks. Fallbacks that can't be called are left out. Plans whose provider fails at the
 * moment come last, so that a breaker never makes fail what might work; none is tried twice.
 */
export class Tries {
  readonly #breakers: Breakers;
  readonly #rest: Fallback[];
  readonly #putOff: RunPlan[] = [];
  /** The plan that comes next, where it is known without waiting. */
  #next: RunPlan | undefined;
  /** The fallback that is being opened. It is looked for while the plan before it is asked, which costs no time. */
  #coming: Promise<RunPlan | undefined> | undefined;

  constructor(first: RunPlan, breakers: Breakers) {
    this.#breakers = breakers;
    this.#rest = [...(first.fallbacks ?? [])];
    this.#next = first;
  }

  /** The next try, or undefined after the last one. Nothing is waited for where the first plan can be asked. */
  next(): Try | undefined | Promise<Try | undefined> {
    const plan = this.#next;
    if (plan === undefined) return this.#nextFallback();
    this.#next = undefined;
    return this.#tryOf(plan) ?? this.#nextFallback();
  }

  async #nextFallback(): Promise<Try | undefined> {
    for (let plan = await this.#open(); plan !== undefined; plan = await this.#open()) {
      const found = this.#tryOf(plan);
      if (found !== undefined) return found;
    }
    const plan = this.#putOff.shift();
    return plan && { plan, watch: unwatched, hasOther: () => this.#putOff.length > 0 };
  }

  /** Undefined, and the plan is put off, if its breaker is open. */
  #tryOf(plan: RunPlan): Try | undefined {
    let hasOther = this.#putOff.length > 0;
    if (this.#rest.length > 0) {
      const coming = openNext(this.#rest);
      this.#coming = coming;
      coming.then(
        (next) => {
          hasOther ||= next !== undefined;
        },
        () => {},
      );
    }
    const watch = this.#breakers.watch(plan.model.account);
    if (watch !== undefined) return { plan, watch, hasOther: () => hasOther };
    this.#putOff.push(plan);
    return undefined;
  }

  /** The fallback that was looked for; undefined if there is none. */
  async #open(): Promise<RunPlan | undefined> {
    const coming = this.#coming;
    this.#coming = undefined;
    return await coming;
  }
}

/** The first that can be called; takes it, and those before it, out of the list. */
async function openNext(rest: Fallback[]): Promise<RunPlan | undefined> {
  for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
    try {
      return await next.open();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }
  return undefined;
}
