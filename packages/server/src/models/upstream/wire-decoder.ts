/** What a wire format implements: it turns the events of one response into the parts of an answer. */
import type { EventSourceMessage } from 'eventsource-parser';
import type { ModelPart } from '../language-model.ts';
import { isObject, malformed, type Upstream } from './upstream-error.ts';

/**
 * What an event means. `silent`: the model said nothing (a ping, a role). `output`: it said something, even if no part
 * is whole yet. `closing`: it has finished, and only usage figures may follow. `done`: nothing follows.
 */
export type EventMeaning = 'silent' | 'output' | 'closing' | 'done';

/** Decodes one attempt. Both methods throw a `ModelError` for what the format does not allow. */
export interface WireDecoder {
  /** Reads one event and appends the parts that it completes. */
  accept(event: EventSourceMessage, parts: ModelPart[]): EventMeaning;
  /** Called when the response is over: appends what was held back, `usage` and `finish`. Throws if it broke off. */
  end(parts: ModelPart[]): void;
}

/** The most characters of tool calls that a decoder collects in one answer. */
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
