/** How a dialect writes what is shown of a generation: pure functions, so that a replay equals what was live. */
import type { Dialect } from '../../domain/generation.ts';
import type { ShownEvent } from './shown.ts';

/** What a codec may know besides the events. */
export interface CodecContext {
  readonly generationId: string;
  readonly conversationId: string;
  readonly sessionId: string;
  /** The answer's message. */
  readonly messageId: string;
}

/**
 * An event in the dialect's frames: one, several, or none where the dialect does not show it. A frame is SSE lines,
 * each ended by LF, without the `id:` line and the blank line at the end, which the encoder adds.
 */
export type Frames = string | readonly string[];

/** States are immutable, and shared between readers. */
export interface Codec<State = unknown> {
  begin(context: CodecContext): State;
  /** Called with every shown event, in order. `state` is the one that the events before have left. */
  frames(event: ShownEvent, state: State): Frames;
  /** The state that an event leaves. A codec without it keeps its first state, and a token costs it no allocation. */
  advance?(state: State, event: ShownEvent): State;
}

/** Where the codec of each dialect is; the registry of dialects is one. */
export type CodecRegistry = Readonly<Record<Dialect, { readonly codec: Codec }>>;

/** A frame of one line of JSON. */
export function dataFrame(data: object): string {
  return `data: ${JSON.stringify(data)}\n`;
}

/** The frames of an event that a dialect does not show. */
export const hidden: readonly string[] = Object.freeze([]);
