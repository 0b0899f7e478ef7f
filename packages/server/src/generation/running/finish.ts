/** Writes the terminal state of a generation that this process owns, and tells its readers. */

import { isTerminal, type Outcome } from '../../domain/generation.ts';
import type { ModelCall } from '../../domain/usage.ts';
import type { CommandResult } from '../../store/command.ts';
import { readGeneration } from '../../store/queries/generations.ts';
import type { Store } from '../../store/store.ts';
import type { LiveGeneration } from '../log/live-generation.ts';
import type { Lives } from '../log/live-generations.ts';

export interface FinishDependencies {
  readonly store: Store;
  readonly owner: number;
  readonly lives: Lives;
  readonly now: () => number;
  /** An attempt failed and will be repeated. */
  onRetry(error: unknown, tries: number): void;
}

const longestRetryMs = 2000;

/**
 * Ends a generation exactly once, by a compare-and-set. Resolves with the session's next turn if one started.
 * Waits while the store cannot write; if the owner is fenced, the generation is dropped and nothing is stored.
 */
export async function finishLive(
  live: LiveGeneration,
  outcome: Outcome,
  modelCalls: readonly ModelCall[],
  dependencies: FinishDependencies,
): Promise<CommandResult<'finishGeneration'>['next']> {
  const last = await live.beginEnd({ type: 'generation-finished', ...outcome });
  if (last === undefined) return null;
  const args = {
    owner: dependencies.owner,
    generationId: live.id,
    sessionId: live.identity.sessionId,
    messageId: live.identity.messageId,
    outcome,
    last,
    message: { parts: JSON.stringify(live.message.parts()), text: live.message.text() },
    firstTokenAt: live.firstTokenAt,
    modelCalls,
    receipt: live.context === undefined ? undefined : JSON.stringify(live.context.receipt()),
    now: dependencies.now(),
  };
  for (let tries = 1; ; tries++) {
    try {
      const result = await dependencies.store.execute('finishGeneration', args);
      // If the answer to the attempt before was lost, `gone` may mean that it had succeeded.
      const isStored =
        result.kind === 'finished' || (tries > 1 && (await isEnded(dependencies.store, live.id)));
      live.end(isStored);
      dependencies.lives.remove(live);
      return result.next;
    } catch (error) {
      if (live.isDropped) return null;
      dependencies.onRetry(error, tries);
      await new Promise((resolve) => setTimeout(resolve, Math.min(longestRetryMs, 50 * 2 ** tries)));
    }
  }
}

async function isEnded(store: Store, generationId: string): Promise<boolean> {
  const generation = await readGeneration(store.reads, generationId);
  return generation !== undefined && isTerminal(generation.status);
}
