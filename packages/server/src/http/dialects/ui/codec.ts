/** The ui dialect's frames: chunks of the AI SDK's UI message stream, version 1, each one line of JSON. */
import type { FinishReason } from '../../../domain/generation.ts';
import { toTime } from '../../../domain/text/time.ts';
import { toJsonLine } from '../../answer/json-line.ts';
import { type Codec, type CodecContext, dataFrame, type Frames, hidden } from '../../streaming/codec.ts';
import type { ShownEvent } from '../../streaming/shown.ts';

interface State {
  readonly context: CodecContext;
  /** Index of the part that is being written; -1 before the first. */
  readonly part: number;
  readonly call: { readonly id: string; readonly name: string; readonly arguments: string } | undefined;
}

export const uiCodec: Codec<State> = {
  begin: (context) => ({ context, part: -1, call: undefined }),
  frames,
  advance,
  // A tool call is told once more when it is whole.
  readsDeltas: true,
  readsFacts: true,
};

function advance(state: State, event: ShownEvent): State {
  if (typeof event === 'string') return state;
  switch (event.type) {
    case 'part-started': {
      const { id = '', name = '' } = event;
      return {
        ...state,
        part: state.part + 1,
        call: event.kind === 'tool-call' ? { id, name, arguments: '' } : undefined,
      };
    }
    case 'piece':
      return state.call === undefined
        ? state
        : { ...state, call: { ...state.call, arguments: state.call.arguments + event.text } };
    default:
      return state;
  }
}

function frames(event: ShownEvent, state: State): Frames {
  const { context, part, call } = state;
  if (typeof event === 'string')
    return `data: {"type":"text-delta","id":"${part}","delta":${toJsonLine(event)}}\n`;
  switch (event.type) {
    case 'start':
      return dataFrame(startOf(context));
    case 'queued':
      return statusFrame({ status: 'queued', position: event.position });
    case 'started':
      return dataFrame({ type: 'start-step' });
    case 'status':
      return statusFrame({ status: event.status });
    case 'sources': {
      const { sources, notice } = event;
      const shown = sources.map(({ index, url, title }) =>
        dataFrame({ type: 'source-url', sourceId: String(index), url, title }),
      );
      if (notice !== undefined) shown.push(dataFrame({ type: 'data-notice', data: { text: notice } }));
      return shown;
    }
    case 'part-started':
      if (event.kind === 'text') return dataFrame({ type: 'text-start', id: String(part + 1) });
      if (event.kind === 'reasoning')
        return hidesReasoning(context)
          ? hidden
          : dataFrame({ type: 'reasoning-start', id: String(part + 1) });
      return dataFrame({
        type: 'tool-input-start',
        toolCallId: event.id ?? '',
        toolName: event.name ?? '',
        dynamic: true,
      });
    case 'piece':
      if (event.kind === 'tool-call')
        return dataFrame({
          type: 'tool-input-delta',
          toolCallId: call?.id ?? '',
          inputTextDelta: event.text,
        });
      return hidesReasoning(context)
        ? hidden
        : dataFrame({ type: 'reasoning-delta', id: String(part), delta: event.text });
    case 'part-finished':
      if (event.kind === 'tool-call') return dataFrame(inputOf(call));
      if (event.kind === 'reasoning' && hidesReasoning(context)) return hidden;
      return dataFrame({ type: `${event.kind}-end`, id: String(part) });
    case 'end': {
      const { finishReason, usage } = event;
      if (finishReason === 'cancelled') return [dataFrame({ type: 'abort', reason: 'cancelled' }), doneFrame];
      const messageMetadata = { finish_reason: finishReason, usage };
      return [
        dataFrame({ type: 'finish-step' }),
        dataFrame({ type: 'finish', finishReason: finishReasons[finishReason], messageMetadata }),
        doneFrame,
      ];
    }
    case 'error':
      return [dataFrame({ type: 'error', errorText: event.message }), doneFrame];
  }
}

const doneFrame = 'data: [DONE]\n';

const finishReasons: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  content_filter: 'content-filter',
  cancelled: 'other',
};

function hidesReasoning({ facts }: CodecContext): boolean {
  return facts?.showsReasoning === false;
}

/** It is of this moment only: no message keeps it. */
function statusFrame(data: { readonly status: string; readonly position?: number }): string {
  return dataFrame({ type: 'data-status', id: 'status', data, transient: true });
}

function startOf({ generationId, conversationId, sessionId, messageId, facts }: CodecContext): object {
  return {
    type: 'start',
    messageId: facts?.parameters.uiMessageId ?? messageId,
    messageMetadata: {
      generation_id: generationId,
      conversation_id: conversationId,
      session_id: sessionId,
      user_message_id: facts?.userMessageId ?? null,
      model: facts?.model ?? null,
      created_at: facts === undefined ? null : toTime(facts.createdAt),
    },
  };
}

/** A tool call that is whole, as models write it: most, but not all, write JSON. */
export function inputOf(call: State['call']): object {
  const { id = '', name = '', arguments: text = '' } = call ?? {};
  const base = { toolCallId: id, toolName: name, dynamic: true };
  try {
    return { type: 'tool-input-available', ...base, input: JSON.parse(text === '' ? '{}' : text) };
  } catch {
    return { type: 'tool-input-error', ...base, input: text, errorText: 'The arguments are not JSON.' };
  }
}
