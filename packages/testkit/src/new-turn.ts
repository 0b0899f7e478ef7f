/** Turns for tests that store them without an engine. */
import { newId } from '../../server/src/domain/ids.ts';
import { userText } from '../../server/src/generation/turn.ts';
import { toNewMessage } from '../../server/src/generation/turns/new-messages.ts';
import type { CommandArgs } from '../../server/src/store/command.ts';

type Turn = CommandArgs<'acceptTurn'>;

export interface NewTurnOptions extends Partial<Omit<Turn, 'tenant' | 'target' | 'owner'>> {
  readonly organizationId: string;
  readonly owner: number;
  /** What the user says, and the title. Default `Hello`. */
  readonly text?: string;
}

/** The arguments of `acceptTurn` for a turn that begins a conversation. By default nobody's persona answers, at this time. */
export function newTurn({ organizationId, text = 'Hello', ...others }: NewTurnOptions): Turn {
  const { personaId = null, personaVersion = null } = others;
  return {
    tenant: { organizationId, environment: 'prod', endUserId: null },
    target: {
      ...{ kind: 'new-conversation', conversationId: newId(), sessionId: newId(), title: text },
      ...{ personaId, personaVersion, messages: userText(text).map(toNewMessage) },
    },
    answerMessageId: newId(),
    generationId: newId(),
    dialect: 'chat',
    model: { id: newId(), name: 'M', provider: 'guide' },
    personaId,
    personaVersion,
    apiKeyId: null,
    parameters: '{}',
    whenBusy: 'queue',
    now: Date.now(),
    ...others,
  };
}
