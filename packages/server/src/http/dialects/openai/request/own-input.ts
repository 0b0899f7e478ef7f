/** What a stored request itself has said. */
import type { GenerationRecord } from '../../../../domain/generation.ts';
import { readHistoryParts } from '../../../../store/queries/histories.ts';
import type { MessageParts } from '../../../../store/queries/message-parts.ts';
import type { Database } from '../../../../store/store.ts';

/** The messages of the request's own input, oldest first; of another dialect's the one that is answered. */
export async function inputOf(
  reads: Database,
  { replyTo, parameters }: Pick<GenerationRecord, 'replyTo' | 'parameters'>,
): Promise<readonly MessageParts[]> {
  const { inputCount = 1 } = (parameters.request ?? {}) as { readonly inputCount?: number };
  return inputCount === 0 ? [] : (await readHistoryParts(reads, replyTo, inputCount)).reverse();
}
