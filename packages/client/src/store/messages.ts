/** Messages as views get them: from the history, from what is sent here, and from the events of an answer. */
import type { AnswerEvent, Message, ToolCall } from '../types.ts';
import type { ChatMessage } from './types.ts';

const alone: readonly string[] = [];
const noCalls: readonly ToolCall[] = [];

let lastKey = 0;
function newKey(): string {
  lastKey += 1;
  return `local:${lastKey}`;
}

const blank = {
  generationId: null,
  isCurrent: true,
  modelId: null,
  modelName: null,
  persona: null,
  usage: null,
  cost: null,
  finishReason: null,
  error: null,
  sources: [],
  metadata: {},
  reasoning: null,
  toolCalls: noCalls,
  sourcesNotice: null,
  activity: null,
  ttftMs: null,
  durationMs: null,
  siblings: alone,
  rating: 0,
} as const;

/** A message of one's own that the server has not seen. */
export function newQuestion(content: string): ChatMessage {
  const key = newKey();
  const createdAt = new Date().toISOString();
  return {
    ...blank,
    id: key,
    key,
    role: 'user',
    content,
    createdAt,
    parentId: null,
    replyTo: null,
    status: 'sending',
  };
}

/** The place of an answer. `content` is what it is known to begin with. */
export function newAnswer(question: string | null, content = ''): ChatMessage {
  const key = newKey();
  const createdAt = new Date().toISOString();
  const from = { parentId: question, replyTo: question };
  return { ...blank, ...from, id: key, key, role: 'assistant', content, createdAt, status: 'sending' };
}

/** A message of the history; the one that is shown already where nothing is different. */
export function fromHistory(
  message: Message,
  siblings: readonly string[] | undefined,
  shown: ChatMessage | undefined,
): ChatMessage {
  const given = { ...message, reasoning: message.reasoning ?? null, siblings: siblings ?? alone };
  if (shown === undefined) return { ...blank, ...given, key: message.id };
  // What only the stream tells stays, and so does what the history withholds until the end.
  const reasoning = given.reasoning ?? shown.reasoning;
  const merged = { ...shown, ...given, reasoning };
  return isSame(shown, merged) ? shown : merged;
}

function isSame(one: object, other: object): boolean {
  return Object.entries(one).every(([name, value]) => {
    const beside = (other as Record<string, unknown>)[name];
    return (
      value === beside || (typeof value === 'object' && JSON.stringify(value) === JSON.stringify(beside))
    );
  });
}

/** How far an answer is read, beside what is shown of it. */
export interface Progress {
  /** The text that has been read; it may be shorter than what was known before. */
  readonly text: string;
  readonly reasoning: string;
}

/** The message behind another event of its stream. */
export function withEvent(message: ChatMessage, event: AnswerEvent, read: Progress): ChatMessage {
  switch (event.type) {
    case 'session':
      return {
        ...message,
        id: event.messageId,
        generationId: event.generationId,
        replyTo: event.userMessageId,
        parentId: event.userMessageId,
        createdAt: event.createdAt,
        modelId: event.model.id,
        modelName: event.model.name,
        persona: event.persona,
        status: 'running',
      };
    case 'queued':
      return { ...message, status: 'queued' };
    case 'started':
      return { ...message, status: 'running' };
    case 'status':
      return { ...message, status: 'running', activity: event.status };
    case 'reasoning':
      return longer(message, 'reasoning', read.reasoning);
    case 'text':
      return { ...longer(message, 'content', read.text), activity: null };
    case 'sources':
      return { ...message, sources: event.sources, sourcesNotice: event.notice ?? null };
    case 'toolCall':
      return withCall(message, event.callId, () => ({ id: event.callId, name: event.name, arguments: '' }));
    case 'toolCallDelta':
      return withCall(message, event.callId, (call) => ({ ...call, arguments: call.arguments + event.text }));
    case 'done': {
      const { finishReason, usage, cost, ttftMs, durationMs } = event;
      const status = finishReason === 'cancelled' ? 'cancelled' : 'done';
      const whole = { content: read.text, reasoning: read.reasoning === '' ? null : read.reasoning };
      return { ...message, ...whole, status, activity: null, finishReason, usage, cost, ttftMs, durationMs };
    }
    default:
      return message;
  }
}

/** A stream that is read from its start does not take back what is known of it. */
function longer(message: ChatMessage, name: 'content' | 'reasoning', text: string): ChatMessage {
  const running = message.status === 'running' ? message : { ...message, status: 'running' as const };
  return text.length <= (message[name]?.length ?? 0) ? running : { ...running, [name]: text };
}

function withCall(message: ChatMessage, id: string, change: (call: ToolCall) => ToolCall): ChatMessage {
  const found = message.toolCalls.find((call) => call.id === id);
  const next = change(found ?? { id, name: '', arguments: '' });
  const toolCalls =
    found === undefined
      ? [...message.toolCalls, next]
      : message.toolCalls.map((call) => (call === found ? next : call));
  return { ...message, status: 'running', toolCalls };
}
