/** What a wire format provides: from the events of one upstream response to the parts of an answer. */
import type { EventSourceMessage } from 'eventsource-parser';
import type { ModelPart } from '../language-model.ts';
import { isObject, malformed, type Upstream } from './upstream-error.ts';

/**
 * What an event was:
 * `silent` nothing the model said (a ping, a role); `output` something it said, even if no part is whole yet;
 * `closing` it has finished, only figures may follow; `done` nothing follows.
 */
export type EventMeaning = 'silent' | 'output' | 'closing' | 'done';

/** One per attempt; both methods throw a `ModelError`. */
export interface WireDecoder {
  /** Takes one event and appends the parts that it completes. */
  accept(event: EventSourceMessage, parts: ModelPart[]): EventMeaning;
  /** The response is over: appends what was held back, `usage` and `finish`; throws if it broke off. */
  end(parts: ModelPart[]): void;
}

/** Bound on what a decoder collects before it is yielded (tool calls), in characters. */
export const longestToolCallCharacters = 1 << 20;

/** @throws ModelError where the event's data is no JSON object */
export function parseObject(data: string, upstream: Upstream): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (error) {
    throw malformed(upstream, 'an event that is not JSON', error);
  }
  if (!isObject(value)) throw malformed(upstream, 'an event that is not a JSON object');
  return value;
}
