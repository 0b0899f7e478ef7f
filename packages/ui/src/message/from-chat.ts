/** What a message of `@colloquy/client/store` is for the eye. */
import type { ChatMessage, ChatMessageStatus } from '@colloquy/client/store';
import type { MessageProps, MessageState } from './message.tsx';

const states: Readonly<Record<ChatMessageStatus, MessageState>> = {
  sending: 'sending',
  unsent: 'unsent',
  queued: 'waiting',
  running: 'writing',
  done: 'done',
  failed: 'failed',
  cancelled: 'stopped',
  interrupted: 'interrupted',
};

/** Buttons, names and looks are the view's own. */
export function fromChat(message: ChatMessage): MessageProps {
  const { id, role, content, status, reasoning, sources, sourcesNotice, toolCalls, activity, error } =
    message;
  const state = role === 'user' && status !== 'sending' && status !== 'unsent' ? 'done' : states[status];
  return {
    id,
    role,
    text: content,
    state: role === 'assistant' && status === 'sending' ? 'waiting' : state,
    step: activity ?? undefined,
    reasoning: reasoning ?? undefined,
    sources,
    notice: sourcesNotice ?? undefined,
    toolCalls,
    error: error ?? undefined,
  };
}
