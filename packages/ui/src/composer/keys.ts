/** What a key press in the composer means. */

export type SendKey = 'enter' | 'mod-enter';

export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly isComposing: boolean;
  readonly keyCode: number;
}

export type KeyMeaning = 'send' | 'stop' | 'edit-last' | undefined;

export interface KeySituation {
  readonly sendKey: SendKey;
  readonly isEmpty: boolean;
  readonly isBusy: boolean;
}

/** undefined: the key does what it does in any text field. */
export function meaningOf(press: KeyPress, { sendKey, isEmpty, isBusy }: KeySituation): KeyMeaning {
  // The Enter that accepts a word of an input method: Safari tells it after the end of the composition, with code 229.
  if (press.isComposing || press.keyCode === 229) return undefined;
  const isMod = press.ctrlKey || press.metaKey;
  if (press.key === 'Enter' && !press.altKey) {
    if (sendKey === 'mod-enter') return isMod ? 'send' : undefined;
    return press.shiftKey ? undefined : 'send';
  }
  if (press.key === 'Escape') return isBusy ? 'stop' : undefined;
  if (press.key === 'ArrowUp' && isEmpty && !press.shiftKey && !press.altKey && !isMod) return 'edit-last';
  return undefined;
}
