/** Tells what happens to answers from one state of a conversation to the next. */
import type { ChatMessage } from '@colloquy/client/store';

export interface AnswerListener {
  begin(answer: ChatMessage): void;
  /** More of its text. */
  write(answer: ChatMessage): void;
  end(answer: ChatMessage): void;
}

const openStates: ReadonlySet<ChatMessage['status']> = new Set(['sending', 'queued', 'running']);

/** Gives a function that takes each state in turn. Answers that were over when they were first seen are not told. */
export function watchAnswers(listener: AnswerListener): (messages: readonly ChatMessage[]) => void {
  const open = new Map<string, ChatMessage>();
  return (messages) => {
    for (const message of messages) {
      if (message.role !== 'assistant') continue;
      const before = open.get(message.key);
      if (before === message) continue;
      if (openStates.has(message.status)) {
        open.set(message.key, message);
        if (before === undefined) listener.begin(message);
        if (message.content !== (before?.content ?? '')) listener.write(message);
      } else if (before !== undefined) {
        open.delete(message.key);
        listener.end(message);
      }
    }
    // What was refused, or lies on a branch that is not shown any more, has no end here.
    for (const key of open.keys()) if (!messages.some((message) => message.key === key)) open.delete(key);
  };
}
