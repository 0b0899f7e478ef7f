/** A dialect's way of writing a generation's events: pure functions, so that a replay equals the live stream. */

import type { View } from '../../domain/generation.ts';
import type { Audience } from '../answer/audience.ts';
import { toJsonLine } from '../answer/json-line.ts';
import type { GenerationFacts } from './facts.ts';
import type { ShownEvent } from './shown.ts';

/** Facts about the generation that a codec may use besides the events. */
export interface CodecContext {
  readonly generationId: string;
  readonly conversationId: string;
  readonly sessionId: string;
  /** Id of the answer's message. */
  readonly messageId: string;
  /** Who reads the frames. Default: `insiders`. */
  readonly audience?: Audience;
  /** For codecs that read them. */
  readonly facts?: GenerationFacts;
}

/**
 * An event as frames of the dialect: one, several, or none if the dialect does not show it. A frame is SSE lines, each
 * ended by LF, without the `id:` line and the blank line at the end, which the encoder adds.
 */
export type Frames = string | readonly string[];

/** States are immutable, and shared between readers. */
export interface Codec<State = unknown> {
  begin(context: CodecContext): State;
  /** Called with every shown event, in order. `state` is the state after the previous events. */
  frames(event: ShownEvent, state: State): Frames;
  /**
   * The state after an event; called with what comes of deltas only if `readsDeltas`. A codec without this method keeps
   * its first state, and a token costs no allocation.
   */
  advance?(state: State, event: ShownEvent): State;
  /**
   * Whether the state depends on deltas: pieces of texts, of reasoning and of tool calls. A stream that is resumed then
   * reads the whole log before it; else only what is no delta.
   */
  readonly readsDeltas?: boolean;
  /** Whether it is given `facts`, which are read from the store for each stream. */
  readonly readsFacts?: boolean;
}

/** Gives the codec of each view. */
export type CodecRegistry = Readonly<Record<View, { readonly codec: Codec }>>;

/** A frame of one line of JSON. */
export function dataFrame(data: object): string {
  return `data: ${toJsonLine(data)}\n`;
}

/** The frames of an event that a dialect does not show. */
export const hidden: readonly string[] = Object.freeze([]);
