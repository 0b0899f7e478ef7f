/** What tests wait for and look at in snapshots of conversations. */

import type { TestServer } from 'colloquy-testkit/server';
import { gate } from 'colloquy-testkit/upstream/scripted-upstream';
import type { Conversation, ConversationSnapshot } from '../src/store.ts';

/** The first snapshot from now on for which this holds. */
export function until(
  conversation: Conversation,
  holds: (snapshot: ConversationSnapshot) => boolean,
): Promise<ConversationSnapshot> {
  return new Promise((resolve) => {
    const look = (): void => {
      const snapshot = conversation.getSnapshot();
      if (!holds(snapshot)) return;
      end();
      resolve(snapshot);
    };
    const end = conversation.subscribe(look);
    queueMicrotask(look);
  });
}
export const ready = (conversation: Conversation): Promise<ConversationSnapshot> =>
  until(conversation, ({ status, isLoading }) => status === 'ready' && !isLoading);
export const texts = ({ messages }: ConversationSnapshot): string[] => messages.map(({ content }) => content);

/** Half of an answer, and the rest once it is let go. */
export function holding({ upstream }: TestServer, half = 'Half ', rest = 'done') {
  const held = gate();
  upstream.enqueue({
    steps: [
      { do: 'headers' },
      { do: 'tokens', tokens: [half] },
      held.step,
      { do: 'tokens', tokens: [rest] },
      { do: 'finish' },
      { do: 'end' },
    ],
  });
  return held;
}
