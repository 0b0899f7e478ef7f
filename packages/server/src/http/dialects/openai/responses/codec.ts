/** The frames of responses: each is an event with its own number. An item ends with the event that follows it. */
import type { PartKind, Source } from '../../../../domain/event.ts';
import { toJsonLine } from '../../../answer/json-line.ts';
import type { Codec, CodecContext, Frames } from '../../../streaming/codec.ts';
import type { ShownEvent, ShownStep } from '../../../streaming/shown.ts';
import { doneFrame } from '../done.ts';
import { errorObject } from '../errors.ts';
import { type PartPlace, placeAfter, startOfParts } from '../part-places.ts';
import {
  closingEvents,
  deltaFrame,
  itemOf,
  type OpenItem,
  openItem,
  openingEvents,
  type ResponseEvent,
  withPiece,
} from './open-item.ts';
import type { ItemStatus, OutputItem } from './output-items.ts';
import {
  begunState,
  echoOf,
  type ResponseBasis,
  type ResponseState,
  statusOf,
  toResponse,
} from './resource.ts';

interface State {
  readonly basis: ResponseBasis;
  readonly messageId: string;
  readonly showsReasoning: boolean;
  /** The number of the next event. */
  readonly sequence: number;
  readonly place: PartPlace;
  readonly sources: readonly Source[];
  /** The items that have ended. */
  readonly output: readonly OutputItem[];
  readonly open: OpenItem | undefined;
}

export const responsesCodec: Codec<State> = { begin, frames, advance, readsDeltas: true, readsFacts: true };

function begin(context: CodecContext): State {
  const { generationId, conversationId, messageId, audience = 'insiders', facts } = context;
  const parameters = facts?.parameters ?? {};
  const modelName = facts?.model.name ?? facts?.model.id ?? '';
  const isAsked = echoOf(parameters, modelName).reasoning.summary !== null;
  return {
    basis: {
      ...{ generationId, conversationId, modelName, parameters, audience },
      createdAt: facts?.createdAt ?? 0,
    },
    messageId,
    showsReasoning: isAsked && facts?.showsReasoning !== false,
    sequence: 0,
    place: startOfParts,
    sources: [],
    output: [],
    open: undefined,
  };
}

function frames(event: ShownEvent, state: State): Frames {
  const { open, sequence } = state;
  // Nearly every event is a piece of a text.
  if (typeof event === 'string' && open !== undefined && !state.place.isOpen)
    return deltaFrame(open, sequence, event);
  const isLast = typeof event === 'object' && (event.type === 'end' || event.type === 'error');
  const piece = typeof event === 'string' ? event : event.type === 'piece' ? event.text : undefined;
  const before = eventsOf(event, state);
  const all = before.map((one, index) => toFrame(one, sequence + index));
  const written = piece === undefined ? undefined : writtenBy(event, state);
  if (written !== undefined) all.push(deltaFrame(written, sequence + before.length, piece ?? ''));
  return isLast ? [...all, doneFrame] : all;
}

function toFrame({ type, ...payload }: ResponseEvent, sequence: number): string {
  return `event: ${type}\ndata: ${toJsonLine({ type, sequence_number: sequence, ...payload })}\n`;
}

/** The item that a piece of an answer is added to; undefined where it is not shown. */
function writtenBy(event: ShownEvent, state: State): OpenItem | undefined {
  const kind = typeof event === 'string' ? 'text' : event.type === 'piece' ? event.kind : undefined;
  if (kind === undefined || !isShown(kind, state)) return undefined;
  return state.place.isOpen ? nextItem(kind, state) : state.open;
}

/** The events that an event of the answer becomes, but for the delta of a piece, which comes after them. */
function eventsOf(event: ShownEvent, state: State): readonly ResponseEvent[] {
  if (typeof event === 'string') return eventsBeforePiece('text', state);
  switch (event.type) {
    case 'start':
      return [lifecycle('response.created', state, begunState(event.waits ? 'queued' : 'running'))];
    case 'queued':
      return [lifecycle('response.queued', state, begunState('queued'))];
    case 'started':
      return [lifecycle('response.in_progress', state, begunState('running'))];
    case 'part-started':
      if (event.kind !== 'tool-call') return [];
      return [...closing(state, 'completed'), ...openingEvents(nextItem('tool-call', state, event.name))];
    case 'piece':
      return eventsBeforePiece(event.kind, state);
    case 'end': {
      const ended = endOf(event, state);
      const type = statusOf(ended) === 'completed' ? 'response.completed' : 'response.incomplete';
      return [...closing(state, lastStatus(ended)), lifecycle(type, state, ended)];
    }
    case 'error': {
      const { message, type, code } = errorObject(event);
      const output = outputOf(state, 'incomplete');
      const failed = { ...begunState('running'), status: 'failed', failure: event, output } as const;
      const said = { code, message, param: '' };
      return [
        ...closing(state, 'incomplete'),
        { type: 'error', ...said, error: { type, ...said } },
        lifecycle('response.failed', state, failed),
      ];
    }
    case 'status':
    case 'sources':
    case 'part-finished':
      return [];
  }
}

function lifecycle(type: string, { basis }: State, response: ResponseState): ResponseEvent {
  return { type, response: toResponse(basis, response) };
}

/** An item of a text begins with its first piece. */
function eventsBeforePiece(kind: PartKind, state: State): readonly ResponseEvent[] {
  if (!state.place.isOpen || !isShown(kind, state)) return [];
  return [...closing(state, 'completed'), ...openingEvents(nextItem(kind, state))];
}

function isShown(kind: PartKind, { showsReasoning }: State): boolean {
  return kind !== 'reasoning' || showsReasoning;
}

/** The item that the next part is. */
function nextItem(kind: PartKind, state: State, name = ''): OpenItem {
  const { messageId, sources, place, output, open } = state;
  return openItem({
    place: { messageId, part: place.part + 1 },
    outputIndex: output.length + (open === undefined ? 0 : 1),
    ...{ kind, name, sources },
  });
}

function closing({ open }: State, status: ItemStatus): readonly ResponseEvent[] {
  return open === undefined ? [] : closingEvents(open, status);
}

function outputOf({ output, open }: State, last: ItemStatus): readonly OutputItem[] {
  return open === undefined ? output : [...output, itemOf(open, last)];
}

function endOf(event: Extract<ShownStep, { type: 'end' }>, state: State): ResponseState {
  const { finishReason, usage, figures } = event;
  const status = finishReason === 'cancelled' ? 'cancelled' : 'done';
  const output = outputOf(state, lastStatus({ status, finishReason }));
  // Older logs tell only how long it took.
  const finishedAt = figures.finishedAt ?? state.basis.createdAt + (figures.durationMs ?? 0);
  return { status, finishReason, finishedAt, failure: null, usage, output };
}

/** Only an answer that came to its end has a whole last item. */
function lastStatus(ended: Pick<ResponseState, 'status' | 'finishReason'>): ItemStatus {
  return statusOf(ended) === 'completed' ? 'completed' : 'incomplete';
}

function advance(state: State, event: ShownEvent): State {
  const { open } = state;
  if (typeof event === 'string' && open !== undefined && !state.place.isOpen)
    return { ...state, sequence: state.sequence + 1, open: withPiece(open, event) };
  const place = placeAfter(state.place, event);
  const before = eventsOf(event, state).length;
  const sequence = state.sequence + before;
  if (typeof event === 'string' || event.type === 'piece') {
    const written = writtenBy(event, state);
    if (written === undefined) return { ...state, place };
    const output = before === 0 ? state.output : outputOf(state, 'completed');
    const text = typeof event === 'string' ? event : event.text;
    return { ...state, place, output, sequence: sequence + 1, open: withPiece(written, text) };
  }
  if (event.type === 'part-started' && event.kind === 'tool-call') {
    const output = outputOf(state, 'completed');
    return { ...state, place, sequence, output, open: nextItem('tool-call', state, event.name) };
  }
  if (event.type === 'sources') return { ...state, place, sources: [...state.sources, ...event.sources] };
  return { ...state, place, sequence };
}
