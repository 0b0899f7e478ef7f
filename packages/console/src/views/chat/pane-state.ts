/** The conversations that are open in this tab: each keeps its store, so that going to another one loses nothing. */
import type { Colloquy } from '@colloquy/client';
import { type Conversation, createConversation } from '@colloquy/client/store';
import type { Api } from '../../api/api.ts';
import { memberClient } from '../../api/member-client.ts';
import { createStore, type Store } from '../../state/store.ts';
import type { Target } from './types.ts';

export interface Pane {
  /** Undefined until the first message has made it. */
  conversationId: string | undefined;
  readonly store: Conversation;
  readonly client: Colloquy;
  /** The id of a message that is to be shown as soon as it is there. */
  readonly wanted: Store<string | undefined>;
}

export interface PaneOptions {
  readonly session?: string | undefined;
  readonly conversationId?: string | undefined;
  readonly target?: Target | undefined;
  /** The id of the message at which it opens. Default: at its end. */
  readonly message?: string | undefined;
}

export function openPane(api: Api, { session, conversationId, target, message }: PaneOptions): Pane {
  const client = memberClient(api);
  const store = createConversation(client, {
    session,
    ...(message !== undefined && { start: { message } }),
    ...(target?.kind === 'model' && { model: target.id }),
    ...(target?.kind === 'persona' && { persona: { id: target.id, version: target.version } }),
  });
  return { conversationId, store, client, wanted: createStore(message) };
}
