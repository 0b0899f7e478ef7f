/** How a dialect writes a generation's events: a pure function of the log, so that a replay equals what was live. */
import type { LogEvent } from '../../domain/event.ts';

/** What a codec may know besides the events. */
export interface CodecContext {
  readonly generationId: string;
  readonly conversationId: string;
  readonly sessionId: string;
  /** Of the answer. */
  readonly messageId: string;
}

export interface Step<State> {
  readonly state: State;
  /**
   * The event in the dialect's frames; none where the dialect does not show it. A frame is SSE lines, each ended by
   * LF, without the `id:` line and the blank line at the end, which the encoder adds.
   */
  readonly frames: readonly string[];
}

/** States are immutable, and shared between readers. */
export interface Codec<State = unknown> {
  begin(context: CodecContext): State;
  /** Called with every event of the log, in order, from the first on. */
  encode(state: State, event: LogEvent): Step<State>;
}

/** A frame of one line of JSON. */
export function dataFrame(data: object): string {
  return `data: ${JSON.stringify(data)}\n`;
}

/** For events that a dialect does not show. */
export function hidden<State>(state: State): Step<State> {
  return { state, frames: noFrames };
}

const noFrames: readonly string[] = Object.freeze([]);
