/** The view `events`: the log of a generation in full, for clients of our own. Each frame is one line of JSON. */
import { toTime } from '../../../domain/text/time.ts';
import { toJsonLine } from '../../answer/json-line.ts';
import { type Codec, type CodecContext, dataFrame, type Frames, hidden } from '../../streaming/codec.ts';
import type { ShownEvent } from '../../streaming/shown.ts';

interface State {
  readonly context: CodecContext;
  /** The id of the tool call that is being written. */
  readonly callId: string;
}

export const eventsCodec: Codec<State> = {
  readsFacts: true,
  begin: (context) => ({ context, callId: '' }),
  frames,
  advance: (state, event) =>
    typeof event === 'object' && event.type === 'part-started' && event.kind === 'tool-call'
      ? { ...state, callId: event.id ?? '' }
      : state,
};

function frames(event: ShownEvent, { context, callId }: State): Frames {
  if (typeof event === 'string') return `data: {"type":"text","text":${toJsonLine(event)}}\n`;
  switch (event.type) {
    case 'start':
      return dataFrame(sessionEvent(context));
    case 'queued':
      return dataFrame({ type: 'queued', position: event.position });
    case 'started':
      return dataFrame({ type: 'started' });
    case 'status':
      return dataFrame({ type: 'status', status: event.status });
    case 'sources': {
      const { sources, notice } = event;
      return dataFrame({ type: 'sources', sources, ...(notice !== undefined && { notice }) });
    }
    case 'part-started':
      if (event.kind !== 'tool-call') return hidden;
      return dataFrame({ type: 'tool_call', id: event.id ?? '', name: event.name ?? '' });
    case 'piece':
      if (event.kind === 'tool-call')
        return dataFrame({ type: 'tool_call_delta', id: callId, text: event.text });
      return context.facts?.showsReasoning === false
        ? hidden
        : dataFrame({ type: 'reasoning', text: event.text });
    case 'part-finished':
      return event.kind === 'tool-call' ? dataFrame({ type: 'tool_call_end', id: callId }) : hidden;
    case 'end': {
      const { cost, firstTokenMs, durationMs } = event.figures;
      return dataFrame({
        type: 'done',
        finish_reason: event.finishReason,
        usage: event.usage,
        cost,
        ttft_ms: firstTokenMs,
        duration_ms: durationMs,
      });
    }
    case 'error':
      return dataFrame({ type: 'error', code: event.code, message: event.message });
  }
}

function sessionEvent({ sessionId, conversationId, generationId, messageId, facts }: CodecContext): object {
  const persona = facts?.persona ?? null;
  return {
    type: 'session',
    session_id: sessionId,
    conversation_id: conversationId,
    generation_id: generationId,
    message_id: messageId,
    user_message_id: facts?.userMessageId ?? null,
    model: facts?.model ?? null,
    persona: persona && { id: persona.personaId, version: persona.version },
    created_at: facts === undefined ? null : toTime(facts.createdAt),
  };
}
