/**
 * Turns runs of events into SSE text in a dialect. The last frame of an event bears the id `<generation>:<seq>`, those
 * before it `<generation>:<seq>.<k>`, k from 1.
 */
import type { EventRun, LogEvent } from '../../domain/event.ts';
import type { Codec, CodecContext } from './codec.ts';
import type { Cursor } from './cursor.ts';

/** A place in a log, with the codec's state there. */
export interface Position {
  readonly state: unknown;
  /** The event that was encoded last; 0: none. */
  readonly seq: number;
  /** Frames of the next event that the reader has already. */
  readonly skipFrames: number;
}

export function beginning(codec: Codec, context: CodecContext): Position {
  return { state: codec.begin(context), seq: 0, skipFrames: 0 };
}

/** The position behind a cursor that was issued. `events` are the log's from 1 to the cursor's `seq`. */
export function positionAt(
  codec: Codec,
  context: CodecContext,
  cursor: Cursor,
  events: readonly LogEvent[],
): Position {
  const { before, last } = walk(codec, context, events);
  if (cursor.part === undefined) return { state: last.state, seq: cursor.seq, skipFrames: 0 };
  // A part that this dialect lacks stands before its event.
  const skipFrames = cursor.part < last.frames.length ? cursor.part : 0;
  return { state: before, seq: cursor.seq - 1, skipFrames };
}

/** Whether a dialect shows the cursor's event in a frame with just this id. */
export function isIssued(
  codec: Codec,
  context: CodecContext,
  cursor: Cursor,
  events: readonly LogEvent[],
): boolean {
  if (events.length !== cursor.seq) return false;
  const count = walk(codec, context, events).last.frames.length;
  return cursor.part === undefined ? count > 0 : cursor.part < count;
}

function walk(codec: Codec, context: CodecContext, events: readonly LogEvent[]) {
  let before = codec.begin(context);
  let last = { state: before, frames: [] as readonly string[] };
  for (const event of events) {
    before = last.state;
    last = codec.encode(before, event);
  }
  return { before, last };
}

export interface Encoded {
  readonly text: string;
  readonly position: Position;
}

/** @throws Error when the run does not begin where the position ends */
export function encodeRun(codec: Codec, generationId: string, from: Position, run: EventRun): Encoded {
  if (run.firstSeq !== from.seq + 1) {
    throw new Error(`a run begins at ${run.firstSeq}, but ${from.seq + 1} comes next`);
  }
  let { state, seq, skipFrames } = from;
  let text = '';
  for (const event of run.events) {
    seq += 1;
    const step = codec.encode(state, event);
    state = step.state;
    const last = step.frames.length - 1;
    for (let index = skipFrames; index < last; index += 1) {
      text += `${step.frames[index]}id: ${generationId}:${seq}.${index + 1}\n\n`;
    }
    if (last >= 0) text += `${step.frames[last]}id: ${generationId}:${seq}\n\n`;
    skipFrames = 0;
  }
  return { text, position: { state, seq, skipFrames } };
}
