/** What the element tells the page of: events that bubble and leave the shadow root. */
import type { ColloquyError } from '@colloquy/client';

export interface ColloquyChatEvents {
  /** The element can be used. */
  'colloquy:ready': Record<string, never>;
  'colloquy:open': Record<string, never>;
  'colloquy:close': Record<string, never>;
  /** The visitor has said something, and the server has it. */
  'colloquy:message': { readonly text: string };
  /** An answer is over, however it ended. */
  'colloquy:answer': {
    readonly messageId: string;
    readonly text: string;
    readonly status: 'done' | 'cancelled' | 'failed' | 'interrupted';
    /** Of the conversation. */
    readonly session: string | undefined;
    /** Addresses of what it draws on. */
    readonly sources: readonly string[];
  };
  /** The visitor has begun another conversation, or deleted the one that was shown. */
  'colloquy:new': Record<string, never>;
  'colloquy:error': { readonly code: ColloquyError['code']; readonly message: string };
  'colloquy:feedback': { readonly messageId: string; readonly rating: 1 | -1 | 0 };
  /** A link of an answer is followed. `preventDefault()`: the page does something else. */
  'colloquy:link': { readonly href: string };
}
export type ColloquyChatEventName = keyof ColloquyChatEvents;

/** @returns false: a listener has prevented what would follow */
export function tell<Name extends ColloquyChatEventName>(
  target: EventTarget,
  name: Name,
  detail: ColloquyChatEvents[Name],
): boolean {
  const init = { bubbles: true, composed: true, cancelable: name === 'colloquy:link', detail };
  return target.dispatchEvent(new CustomEvent(name, init));
}
