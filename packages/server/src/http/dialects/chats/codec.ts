/** The chats dialect's frames: the answer as raw text in unnamed events, everything else as a named one. */
import type { LogEvent, StructuredEvent } from '../../../domain/event.ts';
import { type Codec, type CodecContext, hidden, type Step } from '../../streaming/codec.ts';

export interface ChatsState {
  /** Of the answer. */
  readonly messageId: string;
  /** Whether deltas belong to the answer: not to a reasoning, nor to a tool call. */
  readonly inText: boolean;
}

export const chatsCodec: Codec<ChatsState> = {
  begin({ messageId }: CodecContext): ChatsState {
    return { messageId, inText: false };
  },
  encode(state: ChatsState, event: LogEvent): Step<ChatsState> {
    if (typeof event !== 'string') return encodeStructured(state, event);
    if (!state.inText || event === '') return hidden(state);
    return { state, frames: [rawFrame(event)] };
  },
};

function encodeStructured(state: ChatsState, event: StructuredEvent): Step<ChatsState> {
  switch (event.type) {
    case 'generation-queued': {
      const { position } = event;
      if (position === 0) return hidden(state);
      return { state, frames: [namedFrame('status', { status: 'queued', position })] };
    }
    case 'part-started':
      return hidden({ ...state, inText: event.kind === 'text' });
    case 'part-finished':
      return hidden({ ...state, inText: false });
    case 'status':
      return { state, frames: [namedFrame('status', { status: event.status })] };
    case 'sources': {
      const { sources, notice } = event;
      return { state, frames: [namedFrame('sources', { sources, ...(notice !== undefined && { notice }) })] };
    }
    case 'generation-finished': {
      if (event.status === 'failed' || event.status === 'interrupted') {
        const { code, message } = event.error ?? { code: 'internal', message: 'the answer failed' };
        return { state, frames: [namedFrame('error', { code, message })] };
      }
      const { finish_reason: reason, usage } = event;
      const data = { id: state.messageId, finish_reason: reason ?? 'stop', usage };
      return { state, frames: [namedFrame('done', data)] };
    }
    case 'generation-started':
      return hidden(state);
  }
}

/**
 * A text to the letter: readers take one blank off each `data:` line and put a newline between the lines (WHATWG
 * HTML, "Server-sent events"). The log holds no CR, which a line could not carry.
 */
function rawFrame(text: string): string {
  return `data: ${text.replaceAll('\n', '\ndata: ')}\n`;
}

function namedFrame(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n`;
}
