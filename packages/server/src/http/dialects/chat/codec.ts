/** The chat dialect's frames: one line of JSON each, the type in it. */
import { AppError, type ErrorCode } from '../../../domain/errors.ts';
import type { FinishedEvent, LogEvent, Source, StructuredEvent } from '../../../domain/event.ts';
import { type Codec, type CodecContext, dataFrame, hidden, type Step } from '../../streaming/codec.ts';

export interface ChatState {
  readonly sessionId: string;
  /** Whether deltas belong to the answer: not to a reasoning, nor to a tool call. */
  readonly inText: boolean;
  readonly sources: readonly Source[] | undefined;
}

export const chatCodec: Codec<ChatState> = {
  begin({ sessionId }: CodecContext): ChatState {
    return { sessionId, inText: false, sources: undefined };
  },
  encode(state: ChatState, event: LogEvent): Step<ChatState> {
    if (typeof event !== 'string') return encodeStructured(state, event);
    if (!state.inText || event === '') return hidden(state);
    return { state, frames: [`data: {"type":"token","content":${JSON.stringify(event)}}\n`] };
  },
};

function encodeStructured(state: ChatState, event: StructuredEvent): Step<ChatState> {
  switch (event.type) {
    case 'generation-queued': {
      const type = event.new_session ? 'session_created' : 'session_continued';
      const first = dataFrame({ type, session_id: state.sessionId });
      if (event.position === 0) return { state, frames: [first] };
      return { state, frames: [first, dataFrame({ type: 'queued', position: event.position })] };
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

function encodeEnd(state: ChatState, event: FinishedEvent): string {
  if (event.status === 'failed' || event.status === 'interrupted') {
    const { code, message } = event.error ?? { code: 'internal', message: 'the answer failed' };
    return dataFrame({ type: 'error', code, message });
  }
  return dataFrame({
    type: 'done',
    usage: event.usage,
    finish_reason: event.finish_reason ?? 'stop',
    ...(state.sources !== undefined && { sources: state.sources }),
  });
}

/** The error of a generation that failed, as the answer of a call without a stream. */
export function errorOf(outcome: Pick<FinishedEvent, 'error'>): AppError {
  const { code, message } = outcome.error ?? { code: 'internal', message: 'the answer failed' };
  return new AppError(code as ErrorCode, message);
}
