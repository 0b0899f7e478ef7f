/** Writes the terminal state of a generation that this process owns, and tells its readers. */

import { isTerminal, type Outcome } from '../../domain/generation.ts';
import { newId } from '../../domain/ids.ts';
import type { ModelRecord } from '../../domain/model.ts';
import type { Usage } from '../../domain/usage.ts';
import type { CommandResult } from '../../store/command.ts';
import { readGeneration } from '../../store/queries/generations.ts';
import type { Store } from '../../store/store.ts';
import type { GenerationTable, ModelCallTable } from '../../store/tables.ts';
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

/** Who a call is accounted to. */
export type Accounting = Pick<
  GenerationTable,
  'organization_id' | 'environment' | 'end_user_id' | 'api_key_id' | 'persona_id'
>;

export function answerCall(
  generationId: string,
  accounting: Accounting,
  record: Pick<ModelRecord, 'id' | 'prices'>,
  usage: Usage,
  now: number,
): ModelCallTable {
  const cost =
    record.prices === null
      ? null
      : (usage.prompt_tokens * record.prices.input + usage.completion_tokens * record.prices.output) / 1e6;
  // Field by field: `accounting` may be a whole row of another table.
  return {
    id: newId(),
    generation_id: generationId,
    organization_id: accounting.organization_id,
    environment: accounting.environment,
    end_user_id: accounting.end_user_id,
    api_key_id: accounting.api_key_id,
    persona_id: accounting.persona_id,
    model_id: record.id,
    purpose: 'answer',
    prompt_tokens: usage.prompt_tokens,
    completion_tokens: usage.completion_tokens,
    provenance: usage.provenance,
    cost,
    created_at: now,
  };
}

/**
 * Ends it once: the command compares and sets. Resolves with the session's next turn, where one started.
 * A store that can't write is waited for; a fenced owner drops the generation without a word in the store.
 */
export async function finishLive(
  live: LiveGeneration,
  outcome: Outcome,
  modelCalls: readonly ModelCallTable[],
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
