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
export async function* tries(first: RunPlan, breakers: Breakers): AsyncGenerator<Try, void> {
  const putOff: RunPlan[] = [];
  const rest = [...(first.fallbacks ?? [])];
  for (let plan: RunPlan | undefined = first; plan !== undefined; ) {
    let hasOther = putOff.length > 0;
    // It is looked for while this one is asked, which costs no time.
    const coming = openNext(rest);
    coming.then(
      (next) => {
        hasOther ||= next !== undefined;
      },
      () => {},
    );
    const watch = await breakers.watch(plan.model.account);
    if (watch === undefined) putOff.push(plan);
    else yield { plan, watch, hasOther: () => hasOther };
    plan = await coming;
  }
  for (const [index, plan] of putOff.entries())
    yield { plan, watch: unwatched, hasOther: () => index < putOff.length - 1 };
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
