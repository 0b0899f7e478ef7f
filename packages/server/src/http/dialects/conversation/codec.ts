/** The conversation dialect's frames: an `event:` name and one line of JSON, the type in both. */
import type { FinishedEvent, LogEvent, Source, StructuredEvent } from '../../../domain/event.ts';
import { type Codec, type CodecContext, dataFrame, hidden, type Step } from '../../streaming/codec.ts';

export interface ConversationState {
  /** Of the answer. */
  readonly messageId: string;
  /** Whether deltas belong to the answer: not to a reasoning, nor to a tool call. */
  readonly inText: boolean;
  readonly sources: readonly Source[] | undefined;
}

export const conversationCodec: Codec<ConversationState> = {
  begin({ messageId }: CodecContext): ConversationState {
    return { messageId, inText: false, sources: undefined };
  },
  encode(state: ConversationState, event: LogEvent): Step<ConversationState> {
    if (typeof event !== 'string') return encodeStructured(state, event);
    if (!state.inText || event === '') return hidden(state);
    return { state, frames: [frame({ type: 'content', content: event })] };
  },
};

function frame(data: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${data.type}\n${dataFrame(data)}`;
}

function encodeStructured(state: ConversationState, event: StructuredEvent): Step<ConversationState> {
  switch (event.type) {
    case 'generation-queued': {
      const start = frame({ type: 'start', message_id: state.messageId });
      if (event.position === 0) return { state, frames: [start] };
      const queued = { type: 'queued', position: event.position };
      return { state, frames: [start, frame(queued)] };
    }
    case 'part-started':
      return hidden({ ...state, inText: event.kind === 'text' });
    case 'part-finished':
      return hidden({ ...state, inText: false });
    case 'sources':
      return hidden({ ...state, sources: event.sources });
    case 'generation-finished':
      return { state, frames: [encodeEnd(state, event)] };
    case 'generation-started':
    case 'status':
      return hidden(state);
  }
}

function encodeEnd(state: ConversationState, event: FinishedEvent): string {
  if (event.status === 'failed' || event.status === 'interrupted') {
    const { code, message } = event.error ?? { code: 'internal', message: 'the answer failed' };
    const error = { type: 'error', code, message };
    return frame(error);
  }
  const end = {
    type: 'end',
    finish_reason: event.finish_reason ?? 'stop',
    usage: event.usage,
    ...(state.sources !== undefined && { sources: state.sources }),
  };
  return frame(end);
}
