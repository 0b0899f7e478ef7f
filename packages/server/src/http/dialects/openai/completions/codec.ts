/** The frames of chat completions: chunks that each add a piece to the message, and `[DONE]`. */
import type { Source } from '../../../../domain/event.ts';
import { callId } from '../../../../domain/request/call-ids.ts';
import { toJsonLine } from '../../../answer/json-line.ts';
import { type Codec, type CodecContext, dataFrame, type Frames, hidden } from '../../../streaming/codec.ts';
import type { ShownEvent } from '../../../streaming/shown.ts';
import { citationsIn } from '../citations.ts';
import { doneFrame } from '../done.ts';
import { errorObject } from '../errors.ts';
import { wholeId } from '../ids.ts';
import { type PartPlace, placeAfter, startOfParts } from '../part-places.ts';
import { toSeconds } from '../seconds.ts';
import { completionUsage } from '../usage.ts';
import { type CompletionEcho, completionEchoOf, finishReasonOf } from './echo.ts';
import { annotationOf } from './resource.ts';

interface State {
  /** A chunk is `head`, the delta, `tail` with the reason. */
  readonly head: string;
  readonly tail: string;
  readonly messageId: string;
  readonly echo: CompletionEcho;
  readonly showsReasoning: boolean;
  readonly place: PartPlace;
  /** Tool calls begun so far. */
  readonly calls: number;
  readonly sources: readonly Source[];
  /** The text so far, where there are sources to be found in it. */
  readonly text: string;
}

export const completionsCodec: Codec<State> = { begin, frames, advance, readsDeltas: true, readsFacts: true };

function begin({ generationId, messageId, facts }: CodecContext): State {
  const echo = completionEchoOf(facts?.parameters ?? {}, facts?.model.name ?? facts?.model.id ?? '');
  const begun = JSON.stringify({
    id: wholeId('chatcmpl', generationId),
    object: 'chat.completion.chunk',
    created: toSeconds(facts?.createdAt ?? 0),
    model: echo.model,
  });
  return {
    head: `data: ${begun.slice(0, -1)},"choices":[{"index":0,"delta":`,
    tail: echo.includeUsage ? ',"usage":null}\n' : '}\n',
    messageId,
    echo,
    showsReasoning: facts?.showsReasoning !== false,
    place: startOfParts,
    calls: 0,
    sources: [],
    text: '',
  };
}

function frames(event: ShownEvent, state: State): Frames {
  if (typeof event === 'string') return chunk(state, `{"content":${toJsonLine(event)}}`);
  switch (event.type) {
    case 'start':
      return chunk(state, '{"role":"assistant","content":""}');
    case 'part-started': {
      if (event.kind !== 'tool-call') return hidden;
      const { part } = placeAfter(state.place, event);
      const id = callId(state.messageId, part);
      const call = { name: event.name ?? '', arguments: '' };
      return callChunk(state, { index: state.calls, id, type: 'function', function: call });
    }
    case 'piece':
      if (event.kind === 'tool-call')
        return callChunk(state, { index: state.calls - 1, function: { arguments: event.text } });
      return state.showsReasoning ? chunk(state, `{"reasoning_content":${toJsonLine(event.text)}}`) : hidden;
    case 'end': {
      const annotations = citationsIn(state.text, state.sources).map(annotationOf);
      const delta = annotations.length === 0 ? '{}' : toJsonLine({ annotations });
      const last = chunk(state, delta, finishReasonOf(event.finishReason));
      if (!state.echo.includeUsage) return [last, doneFrame];
      const usage = toJsonLine(completionUsage(event.usage));
      return [last, `${state.head.slice(0, -emptied.length)}],"usage":${usage}}\n`, doneFrame];
    }
    case 'error':
      return [dataFrame({ error: errorObject(event) }), doneFrame];
    case 'queued':
    case 'started':
    case 'status':
    case 'sources':
    case 'part-finished':
      return hidden;
  }
}

/** What a chunk with usage and without choices leaves out of the head. */
const emptied = '{"index":0,"delta":';

function chunk({ head, tail }: State, delta: string, finishReason?: string): string {
  const reason = finishReason === undefined ? 'null' : JSON.stringify(finishReason);
  return `${head}${delta},"logprobs":null,"finish_reason":${reason}}]${tail}`;
}

function callChunk(state: State, call: object): string {
  return chunk(state, `{"tool_calls":[${toJsonLine(call)}]}`);
}

function advance(state: State, event: ShownEvent): State {
  if (typeof event === 'string') {
    const isFirst = state.place.isOpen;
    if (!isFirst && state.sources.length === 0) return state;
    const text = state.sources.length === 0 ? '' : state.text + event;
    return { ...state, text, place: placeAfter(state.place, event) };
  }
  switch (event.type) {
    case 'part-started':
      return {
        ...state,
        place: placeAfter(state.place, event),
        calls: state.calls + (event.kind === 'tool-call' ? 1 : 0),
      };
    case 'piece':
      return state.place.isOpen ? { ...state, place: placeAfter(state.place, event) } : state;
    case 'sources':
      return {
        ...state,
        place: placeAfter(state.place, event),
        sources: [...state.sources, ...event.sources],
      };
    default:
      return state;
  }
}
