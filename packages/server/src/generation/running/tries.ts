/** The order in which a generation tries models. */
import { AppError } from '../../domain/errors.ts';
import type { Fallback, RunPlan } from '../plan/plan.ts';
import { type Breakers, unwatched, type Watch } from './breakers.ts';

export interface Try {
  readonly plan: RunPlan;
  readonly watch: Watch;
}

/**
 * The first plan, then its fallbacks. Fallbacks that can't be called are left out. Plans whose provider fails at the
 * moment come last, so that a breaker never makes fail what might work; none is tried twice.
 */
export async function* tries(first: RunPlan, breakers: Breakers): AsyncGenerator<Try, void> {
  const putOff: RunPlan[] = [];
  for (const candidate of [first, ...(first.fallbacks ?? [])]) {
    const plan = 'open' in candidate ? await openOrNothing(candidate) : candidate;
    if (plan === undefined) continue;
    const watch = await breakers.watch(plan.model.account);
    if (watch === undefined) putOff.push(plan);
    else yield { plan, watch };
  }
  for (const plan of putOff) yield { plan, watch: unwatched };
}

async function openOrNothing(fallback: Fallback): Promise<RunPlan | undefined> {
  try {
    return await fallback.open();
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
