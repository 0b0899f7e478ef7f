/** Ends a generation whose stored log is damaged, so that nobody can go on with it. */
import type { GenerationRecord, Outcome } from '../../domain/generation.ts';
import { unknownUsage } from '../../domain/usage.ts';
import { readLastSeq } from '../../store/queries/segments.ts';
import { MessageBuilder } from '../log/message-builder.ts';
import { readUndamaged } from '../log/read-log.ts';
import type { Finished } from './finish.ts';
import { type EndDependencies, toStore } from './ways-to-end.ts';

const damaged: Outcome = {
  status: 'failed',
  finish_reason: null,
  usage: unknownUsage,
  error: { code: 'internal', message: 'the log of this answer is damaged' },
};

/** Gives the outcome, or undefined if the generation had ended, and the session's next turn, if one started. */
export async function endDamaged(
  generation: GenerationRecord,
  { store, owner, now }: Omit<EndDependencies, 'lives'>,
): Promise<{ readonly stored: Outcome | undefined; readonly next: Finished['next'] }> {
  const { id: generationId, sessionId, messageId, firstTokenAt } = generation;
  const message = new MessageBuilder();
  for (const event of await readUndamaged(store.reads, generationId)) message.apply(event);
  const firstSeq = (await readLastSeq(store.reads, generationId)) + 1;
  const { kind } = await store.execute('failGeneration', {
    ...{ owner, generationId, sessionId, messageId, firstTokenAt, now: now() },
    outcome: damaged,
    last: { firstSeq, events: [{ type: 'generation-finished', ...damaged }] },
    message: toStore(message),
  });
  const { next } = await store.execute('startNextTurn', { sessionId, owner, now: now() });
  return { stored: kind === 'finished' ? damaged : undefined, next };
}
