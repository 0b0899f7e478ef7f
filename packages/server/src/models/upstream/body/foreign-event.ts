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

/** Whether an event has a name that no wire format gives, such as `heartbeat`: what it says may be anything. */
export function isForeignEvent({ event }: ProviderEvent): boolean {
  return event !== undefined && !ownNames.has(event) && !/^(message|content_block)_/.test(event);
}
