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
  /** A try failed and is made again. */
  onRetry(error: unknown, tries: number): void;
}

const longestRetryMs = 2000;

/**
 * Ends it once: the command compares and sets. Resolves with the session's next turn, where one started.
 * A store that can't write is waited for; a fenced owner drops the generation without a word in the store.
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
      // After a lost answer, `gone` may mean that the try before had come through.
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
