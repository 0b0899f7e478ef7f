/**
 * Turns runs of log events into SSE text of a dialect. The last frame of an event has the id `<generation>:<seq>`, the
 * frames before it have `<generation>:<seq>.<k>`, with k from 1.
 */
import type { EventRun, LogEvent } from '../../domain/event.ts';
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
  /** Number of frames of the next event that the reader already has. */
  readonly skipFrames: number;
}

export function beginning(codec: Codec, context: CodecContext): Position {
  return { fold: emptyFold(context.audience), state: codec.begin(context), seq: 0, skipFrames: 0 };
}

/** The position behind an issued cursor. `events` are the log's events 1 to the cursor's `seq`. */
export function positionAt(
  codec: Codec,
  context: CodecContext,
  cursor: Cursor,
  events: readonly LogEvent[],
): Position {
  if (cursor.part === undefined) return behind(codec, context, events);
  const before = behind(codec, context, events.slice(0, -1));
  // If this dialect has no such frame, the cursor counts as the position before its event.
  const skipFrames = cursor.part < frameCount(codec, before, events.at(-1)) ? cursor.part : 0;
  return { ...before, skipFrames };
}

/** Whether a dialect gives a frame of the event exactly this id. */
export function isIssued(
  codec: Codec,
  context: CodecContext,
  cursor: Cursor,
  events: readonly LogEvent[],
): boolean {
  if (events.length !== cursor.seq) return false;
  const count = frameCount(codec, behind(codec, context, events.slice(0, -1)), events.at(-1));
  return cursor.part === undefined ? count > 0 : cursor.part < count;
}

/** The position behind the given events of a log, computed without writing their frames. */
function behind(codec: Codec, context: CodecContext, events: readonly LogEvent[]): Position {
  let { fold, state } = beginning(codec, context);
  for (const event of events) {
    if (codec.advance !== undefined) state = stateAfter(codec, state, shownIn(fold, event));
    fold = foldAfter(fold, event);
  }
  return { fold, state, seq: events.length, skipFrames: 0 };
}

function frameCount(codec: Codec, { fold, state }: Position, event: LogEvent | undefined): number {
  if (event === undefined) return 0;
  const frames = framesOf(codec, state, shownIn(fold, event));
  return typeof frames === 'string' ? 1 : frames.length;
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
      text += `${frames}id: ${generationId}:${seq}\n\n`;
    } else {
      text += withIds(frames, `${generationId}:${seq}`, skipFrames);
    }
    skipFrames = 0;
    state = stateAfter(codec, state, shown);
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

function stateAfter(codec: Codec, state: unknown, shown: TextPiece | readonly ShownStep[]): unknown {
  if (codec.advance === undefined) return state;
  if (typeof shown === 'string') return codec.advance(state, shown);
  let current = state;
  for (const step of shown) current = codec.advance(current, step);
  return current;
}
