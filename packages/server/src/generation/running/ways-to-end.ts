/** The ways in which the end of a generation is stored: as it is, then with ever fewer parts that the store could refuse. */
import type { FinishedEvent } from '../../domain/event.ts';
import type { Outcome } from '../../domain/generation.ts';
import { storable } from '../../domain/text/storable.ts';
import { type ModelCall, unknownUsage } from '../../domain/usage.ts';
import type { CommandArgs, CommandResult } from '../../store/command.ts';
import type { Store } from '../../store/store.ts';
import type { LiveGeneration } from '../log/live-generation.ts';
import type { Lives } from '../log/live-generations.ts';
import { type BuiltMessage, MessageBuilder } from '../log/message-builder.ts';
import { readCommitted } from '../log/read-log.ts';

export interface WayToEnd {
  readonly outcome: Outcome;
  store(): Promise<CommandResult<'finishGeneration'>>;
}

export interface EndDependencies {
  readonly store: Store;
  readonly owner: number;
  readonly lives: Lives;
  readonly now: () => number;
}

/** What every way stores. */
type Common = Pick<
  CommandArgs<'finishGeneration'>,
  'owner' | 'generationId' | 'sessionId' | 'messageId' | 'firstTokenAt' | 'retries' | 'now'
>;

function commonOf(live: LiveGeneration, { owner, now }: EndDependencies): Common {
  const { id: generationId, firstTokenAt, retries } = live;
  const { sessionId, messageId } = live.identity;
  return { owner, generationId, sessionId, messageId, firstTokenAt, retries, now: now() };
}

/** The end as it is. `last` is what `beginEnd` gave. */
export function wholeEnd(
  live: LiveGeneration,
  outcome: Outcome,
  last: CommandArgs<'finishGeneration'>['last'],
  modelCalls: readonly ModelCall[],
  dependencies: EndDependencies,
): WayToEnd {
  const common = commonOf(live, dependencies);
  const receipt = live.context === undefined ? undefined : JSON.stringify(live.context.receipt());
  return {
    outcome,
    async store() {
      const message = toStore(await storedMessage(live, dependencies));
      return dependencies.store.execute('finishGeneration', {
        ...common,
        outcome,
        last,
        message,
        modelCalls,
        receipt,
      });
    },
  };
}

/** Failed, with the whole text: without its cost and its receipt. */
export function plainEnd(live: LiveGeneration, dependencies: EndDependencies): WayToEnd {
  const common = commonOf(live, dependencies);
  const last = live.endOtherwise(failedEvent, true);
  return {
    outcome: notStored,
    async store() {
      const message = toStore(await storedMessage(live, dependencies));
      return dependencies.store.execute('finishGeneration', {
        ...common,
        outcome: notStored,
        last,
        message,
        modelCalls: [],
      });
    },
  };
}

/** Failed, with the text that was committed while it was written; what it started comes in a command of its own. */
export function leastEnd(live: LiveGeneration, dependencies: EndDependencies): WayToEnd {
  const common = commonOf(live, dependencies);
  const last = live.endOtherwise(failedEvent, false);
  return {
    outcome: notStored,
    async store() {
      const message = toStore(await committedMessage(live, dependencies));
      const { kind } = await dependencies.store.execute('failGeneration', {
        ...common,
        outcome: notStored,
        last,
        message,
      });
      return { kind, next: null };
    },
  };
}

const notStored: Outcome = {
  status: 'failed',
  finish_reason: null,
  usage: unknownUsage,
  error: { code: 'internal', message: 'the answer could not be stored as it was' },
};
const failedEvent: FinishedEvent = { type: 'generation-finished', ...notStored };

/** Without the events that the store has refused. */
async function storedMessage(live: LiveGeneration, dependencies: EndDependencies): Promise<BuiltMessage> {
  return live.refusal === undefined ? live.message : await committedMessage(live, dependencies);
}

async function committedMessage(
  live: LiveGeneration,
  { store, lives }: EndDependencies,
): Promise<BuiltMessage> {
  const builder = new MessageBuilder();
  for (const event of await readCommitted(store.reads, lives, live.id, live.committedSeq))
    builder.apply(event);
  return builder;
}

/** The form in which a message is stored. */
export function toStore(message: BuiltMessage): CommandArgs<'finishGeneration'>['message'] {
  return { parts: JSON.stringify(message.parts()), text: storable(message.text()) };
}
