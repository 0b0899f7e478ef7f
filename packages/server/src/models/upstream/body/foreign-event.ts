/** Tells the events of the wire formats from those that gateways put between them. */
import type { ProviderEvent } from './event-reader.ts';

const ownNames: ReadonlySet<string> = new Set([
  'message',
  'data',
  'chunk',
  'completion',
  'delta',
  'error',
  'done',
]);

/** A word without blanks, such as `ping`, `[HEARTBEAT]` or `null`; no JSON object, nor a piece of one. */
const loneWord = /^[^\s{}]{1,40}$/;

/**
 * Whether an event has a name that no wire format gives, such as `heartbeat`: what it says may be anything. Or it has no
 * name, and says a word that is no JSON object.
 */
export function isForeignEvent({ event, data }: ProviderEvent): boolean {
  if (event === undefined) return data.length <= 40 && loneWord.test(data);
  return !ownNames.has(event) && !/^(message|content_block)_/.test(event);
}
