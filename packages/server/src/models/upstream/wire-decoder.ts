/** What a wire format implements: it turns the events of one response into the parts of an answer. */
import { parseForeignJson } from '../../domain/text/json.ts';
import type { ModelPart } from '../language-model.ts';
import type { ProviderEvent } from './body/event-reader.ts';
import { isObject, malformed, quote, type Upstream } from './upstream-error.ts';

export type { ProviderEvent } from './body/event-reader.ts';

/**
 * What an event means. `silent`: the model said nothing (a ping, a role). `output`: it said something, even if no part
 * is whole yet; also after `closing`, where a provider goes on. `closing`: a finish reason came, and from here on nothing
 * can fail the answer. `done`: nothing follows.
 */
export type EventMeaning = 'silent' | 'output' | 'closing' | 'done';

/**
 * Decodes one attempt. The methods that read throw a `ModelError` for what the format does not allow and for what the
 * provider reports (`errorFromFields`); the parts that they appended before are kept. Figures are appended as `usage`
 * when they come, and again when they change: the last one counts, also where the answer is broken off.
 */
export interface WireDecoder {
  /** Reads one event and appends the parts that it completes. */
  accept(event: ProviderEvent, parts: ModelPart[]): EventMeaning;
  /**
   * Reads an answer that is not streamed: the body is one JSON object, and this call stands in place of all `accept`s.
   * Throws a ModelError if it holds no answer.
   */
  acceptWhole(body: Record<string, unknown>, parts: ModelPart[]): void;
  /** Called when the response is over: appends what was held back, `usage` and `finish`. Throws if it broke off. */
  end(parts: ModelPart[]): void;
  /** Called in place of `end` where the answer is broken off or fails: appends text that was held back. */
  breakOff?(parts: ModelPart[]): void;
}

/** @throws ModelError where the event's data is no JSON object */
export function parseObject(data: string, upstream: Upstream): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseForeignJson(data);
  } catch (error) {
    throw malformed(upstream, 'an event that is not JSON', error, quote(upstream, data));
  }
  if (!isObject(value)) throw malformed(upstream, 'an event that is not a JSON object');
  return value;
}
