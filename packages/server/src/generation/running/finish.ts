/** Writes the terminal state of a generation that this process owns, and tells its readers. */

import { isTerminal, type Outcome } from '../../domain/generation.ts';
import { type ModelCall, totalCost } from '../../domain/usage.ts';
import { findRunning, readGeneration } from '../../store/queries/generations.ts';
import type { Store } from '../../store/store.ts';
import { mayPass } from '../../store/unavailable.ts';
import type { LiveGeneration } from '../log/live-generation.ts';
import { type EndDependencies, leastEnd, plainEnd, type WayToEnd, wholeEnd } from './ways-to-end.ts';

export interface FinishDependencies extends EndDependencies {
  /** Epoch milliseconds; null where it never started. */
  readonly startedAt: number | null;
  /** An attempt failed and will be repeated, perhaps in another way. */
  onRetry(error: unknown, tries: number): void;
  /** The store refuses the end in every form. The generation stays in the store as it is. */
  onAbandoned(): void;
}

export interface Finished {
  /** The end that this process has stored; null if it has stored none. */
  readonly outcome: Outcome | null;
  /** The session's next turn, if one started. */
  readonly next: { readonly generationId: string } | null;
}

const nothing: Finished = { outcome: null, next: null };
const longestRetryMs = 2000;
/** How often a way is tried while the store refuses it. */
const triesOfAWay = 3;

/**
 * Ends a generation exactly once, by a compare-and-set. Waits while the store cannot write; if the owner is fenced, the
 * generation is dropped and nothing is stored. What the store refuses for a lasting reason ends as failed in another
 * way; if the store refuses all of them, the generation is abandoned.
 */
export async function finishLive(
  live: LiveGeneration,
  outcome: Outcome,
  modelCalls: readonly ModelCall[],
  dependencies: FinishDependencies,
): Promise<Finished> {
  const { startedAt, now } = dependencies;
  const since = (at: number | null) =>
    at === null || startedAt === null ? null : Math.max(0, at - startedAt);
  const finishedAt = now();
  const last = await live.beginEnd({
    type: 'generation-finished',
    ...outcome,
    cost: totalCost(modelCalls),
    ttft_ms: since(live.firstTokenAt),
    duration_ms: since(finishedAt),
    finished_at: finishedAt,
  });
  if (last === undefined) return nothing;
  const ways = [
    () => wholeEnd(live, outcome, last, modelCalls, dependencies),
    () => plainEnd(live, dependencies),
    () => leastEnd(live, dependencies),
  ];
  for (const [index, way] of ways.entries()) {
    const end = await tryWay(live, way(), index === 0, dependencies);
    if (end !== undefined) return end;
  }
  dependencies.onAbandoned();
  dependencies.lives.abandon(live);
  return nothing;
}

/** Gives undefined if the store refuses it. */
async function tryWay(
  live: LiveGeneration,
  way: WayToEnd,
  isFirst: boolean,
  { store, owner, lives, onRetry }: FinishDependencies,
): Promise<Finished | undefined> {
  let refusals = 0;
  for (let tries = 1; ; tries++) {
    try {
      const { kind, next } = await way.store();
      // If the answer to an attempt before was lost, `gone` may mean that it had succeeded; of which way, is not known.
      const isLate = kind === 'gone' && isFirst && tries > 1 && (await isEnded(store, live.id));
      const started = isLate ? await findRunning(store.reads, owner, live.identity.sessionId) : undefined;
      const isStored = kind === 'finished' || isLate;
      live.end(isStored);
      lives.remove(live);
      return {
        outcome: isStored ? way.outcome : null,
        next: started === undefined ? next : { generationId: started },
      };
    } catch (error) {
      if (live.isDropped) return nothing;
      onRetry(error, tries);
      if (!mayPass(error) && ++refusals >= triesOfAWay) return undefined;
      await new Promise((resolve) => setTimeout(resolve, Math.min(longestRetryMs, 50 * 2 ** tries)));
    }
  }
}

async function isEnded(store: Store, generationId: string): Promise<boolean> {
  const generation = await readGeneration(store.reads, generationId);
  return generation !== undefined && isTerminal(generation.status);
}
