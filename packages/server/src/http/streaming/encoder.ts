/**
 * Turns runs of log events into SSE text of a dialect. The last frame of an event has the id `<generation>:<seq>`, the
 * frames before it have `<generation>:<seq>.<k>`, with k from 1.
 */
import { type EventRun, isFinalEvent, type LogEvent } from '../../domain/event.ts';
import type { LogPlace } from '../../generation/interface.ts';
import type { Codec, CodecContext, Frames } from './codec.ts';
import type { Cursor } from './cursor.ts';
import { emptyFold, type Fold, foldAfter, type ShownStep, shownIn, type TextPiece } from './shown.ts';

/** A place in a log, with the states that the events before it have led to. */
export interface Position {
  readonly fold: Fold;
  /** The codec's state. */
  readonly state: unknown;
  /** Number of the last encoded event; 0 for none. */
  readonly seq: number;
  /** Number of frames from here on that the reader already has; the last frame of all is sent in any case. */
  readonly skipFrames: number;
}

export function beginning(codec: Codec, context: CodecContext): Position {
  return { fold: emptyFold(context.audience), state: codec.begin(context), seq: 0, skipFrames: 0 };
}

/** The position behind an issued cursor. `place` is that of the cursor's event. */
export function positionAt(codec: Codec, context: CodecContext, { part }: Cursor, place: LogPlace): Position {
  const before = positionBefore(codec, context, place);
  // If this dialect has no such frame, the cursor counts as the position before its event.
  if (part !== undefined)
    return { ...before, skipFrames: part < frameCount(codec, before, place.event) ? part : 0 };
  return behind(codec, before, place.event);
}

/** Whether a dialect gives a frame of the event exactly this id. */
export function isIssued(codec: Codec, context: CodecContext, { part }: Cursor, place: LogPlace): boolean {
  const count = frameCount(codec, positionBefore(codec, context, place), place.event);
  return part === undefined ? count > 0 : part < count;
}

/**
 * The position before an event, computed without writing frames.
 * @throws Error if the codec reads deltas, and the place lacks them
 */
function positionBefore(codec: Codec, context: CodecContext, { seq, before, isWhole }: LogPlace): Position {
  if (codec.readsDeltas === true && !isWhole) throw new Error('a codec that reads deltas was given none');
  let position = beginning(codec, context);
  for (const event of before) position = behind(codec, position, event);
  return { ...position, seq: seq - 1 };
}

function behind(codec: Codec, { fold, state, seq }: Position, event: LogEvent): Position {
  const next = stateBehind(codec, state, event, shownIn(fold, event));
  return { fold: foldAfter(fold, event), state: next, seq: seq + 1, skipFrames: 0 };
}

function frameCount(codec: Codec, { fold, state }: Position, event: LogEvent): number {
  const frames = framesOf(codec, state, shownIn(fold, event));
  return typeof frames === 'string' ? 1 : frames.length;
}

/** The frames of an event that is none of the log's, at a position: they have no id, so that none is resumed behind them. */
export function encodeBeside(codec: Codec, { state }: Position, step: ShownStep): string {
  const frames = codec.frames(step, state);
  return (typeof frames === 'string' ? [frames] : frames).map((frame) => `${frame}\n`).join('');
}

export interface Encoded {
  readonly text: string;
  readonly position: Position;
}

/** @throws Error if the run does not begin at the position */
export function encodeRun(codec: Codec, generationId: string, from: Position, run: EventRun): Encoded {
  if (run.firstSeq !== from.seq + 1) {
    throw new Error(`a run begins at ${run.firstSeq}, but ${from.seq + 1} comes next`);
  }
  let { fold, state, seq, skipFrames } = from;
  let text = '';
  for (const event of run.events) {
    seq += 1;
    const shown = shownIn(fold, event);
    const frames = framesOf(codec, state, shown);
    if (typeof frames === 'string') {
      if (skipFrames === 0) text += `${frames}id: ${generationId}:${seq}\n\n`;
      else skipFrames -= 1;
    } else {
      const skipped = Math.min(skipFrames, isFinalEvent(event) ? frames.length - 1 : frames.length);
      text += withIds(frames, `${generationId}:${seq}`, skipped);
      skipFrames -= skipped;
    }
    state = stateBehind(codec, state, event, shown);
    fold = foldAfter(fold, event);
  }
  return { text, position: { fold, state, seq, skipFrames } };
}

function withIds(frames: readonly string[], id: string, skipFrames: number): string {
  const last = frames.length - 1;
  return frames
    .map((frame, index) => `${frame}id: ${index === last ? id : `${id}.${index + 1}`}\n\n`)
    .slice(skipFrames)
    .join('');
}

/** The frames of everything that one event of the log shows. */
function framesOf(codec: Codec, state: unknown, shown: TextPiece | readonly ShownStep[]): Frames {
  if (typeof shown === 'string') return codec.frames(shown, state);
  const all: string[] = [];
  let current = state;
  for (const step of shown) {
    const frames = codec.frames(step, current);
    if (typeof frames === 'string') all.push(frames);
    else all.push(...frames);
    current = stateAfter(codec, current, [step]);
  }
  return all;
}

/** The codec's state after an event of the log: deltas count only for a codec that reads them. */
function stateBehind(
  codec: Codec,
  state: unknown,
  event: LogEvent,
  shown: TextPiece | readonly ShownStep[],
): unknown {
  return typeof event === 'string' && codec.readsDeltas !== true ? state : stateAfter(codec, state, shown);
}

function stateAfter(codec: Codec, state: unknown, shown: TextPiece | readonly ShownStep[]): unknown {
  if (codec.advance === undefined) return state;
  if (typeof shown === 'string') return codec.advance(state, shown);
  let current = state;
  for (const step of shown) current = codec.advance(current, step);
  return current;
}
