/** Where a message is written: it grows with its text, sends by a key, and stops the answer that is being written. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../icons.tsx';
import { useStrings } from '../strings/context.tsx';
import theme from '../theme.module.css';
import css from './composer.module.css';
import { meaningOf, type SendKey } from './keys.ts';

export interface ComposerHandle {
  focus(): void;
  /** Replaces the text, as a draft or a suggestion does. */
  setText(text: string): void;
}

export interface ComposerProps {
  /** @returns false, or a promise of it: the message was not taken, and its text comes back unless something else was written */
  readonly onSend: (text: string) => unknown;
  /** There is an answer that can be stopped: the button and Escape do. */
  readonly onStop?: (() => void) | undefined;
  /** The arrow up in an empty composer. */
  readonly onEditLast?: (() => void) | undefined;
  /** What is there at first. Give the composer the conversation as `key`, and each has a draft of its own. */
  readonly draft?: string | undefined;
  readonly onDraft?: ((text: string) => void) | undefined;
  /** Default `enter`: Enter sends, Shift+Enter begins a line. `mod-enter`: Ctrl or ⌘ with Enter sends. */
  readonly sendKey?: SendKey | undefined;
  readonly placeholder?: string | undefined;
  /** Nothing can be sent, but something can be written. */
  readonly isDisabled?: boolean | undefined;
  /** In Unicode characters, as the server counts them. What is longer is kept, and not sent. Default 8000. */
  readonly maxLength?: number | undefined;
  /** Whether a message may be sent while an answer is written: it is queued, or interrupts. Default true. */
  readonly maySendWhileBusy?: boolean | undefined;
  /** Whether Escape stops the answer too. Default true. */
  readonly escapeStops?: boolean | undefined;
  /** Before the button: switches, chips. */
  readonly children?: ComponentChildren;
  readonly handle?: { current: ComposerHandle | null } | undefined;
}

export function Composer({
  onSend,
  onStop,
  onEditLast,
  draft = '',
  onDraft,
  sendKey = 'enter',
  placeholder,
  isDisabled = false,
  maxLength = 8000,
  maySendWhileBusy = true,
  escapeStops = true,
  children,
  handle,
}: ComposerProps): JSX.Element {
  const strings = useStrings();
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(draft);
  // What the person has written since a message was handed over is not overwritten.
  const written = useRef(draft);
  const isBusy = onStop !== undefined;
  const length = text.length > maxLength ? [...text.trim()].length : 0;
  const isTooLong = length > maxLength;
  const isBlank = text.trim() === '';
  const hasSend = !isBusy || (!isBlank && maySendWhileBusy);
  const maySend = !isBlank && !isDisabled && !isTooLong && (!isBusy || maySendWhileBusy);

  const change = (next: string): void => {
    written.current = next;
    setText(next);
    onDraft?.(next);
  };
  useLayoutEffect(() => {
    if (area.current !== null) fit(area.current);
  }, [text]);
  useEffect(() => {
    if (handle === undefined) return;
    handle.current = { focus: () => area.current?.focus(), setText: change };
    return () => {
      handle.current = null;
    };
  });
  const send = async (): Promise<void> => {
    if (!maySend) return;
    change('');
    area.current?.focus();
    if ((await onSend(text.trim())) === false && written.current === '') change(text);
  };
  const press = (event: KeyboardEvent): void => {
    const meaning = meaningOf(event, { sendKey, isEmpty: text === '', isBusy: isBusy && escapeStops });
    if (meaning === undefined || (meaning === 'edit-last' && onEditLast === undefined)) return;
    event.preventDefault();
    // A page's own Escape, or a dialog around the composer, is not meant as well.
    if (meaning === 'stop') event.stopPropagation();
    if (meaning === 'send') void send();
    if (meaning === 'stop') onStop?.();
    if (meaning === 'edit-last') onEditLast?.();
  };
  return (
    <form
      class={css.composer}
      part="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label class={theme.hidden} for={id}>
        {strings.message}
      </label>
      <textarea
        id={id}
        ref={area}
        class={css.area}
        part="input"
        rows={1}
        dir="auto"
        value={text}
        aria-invalid={isTooLong}
        aria-describedby={isTooLong ? `${id}-long` : undefined}
        placeholder={placeholder ?? strings.placeholder}
        enterkeyhint={sendKey === 'enter' ? 'send' : 'enter'}
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={press}
      />
      <p id={`${id}-long`} class={css.long} role="status">
        {isTooLong && `${strings.trouble('tooLong')} ${length} / ${maxLength}`}
      </p>
      {children}
      {isBusy && (
        <button
          type="button"
          class={`${css.send} ${hasSend ? css.beside : ''}`}
          part="send stop"
          aria-label={strings.stop}
          title={strings.stop}
          onClick={() => {
            onStop?.();
            area.current?.focus();
          }}
        >
          <Icon name="stop" />
        </button>
      )}
      {hasSend && (
        <button
          type="submit"
          class={css.send}
          part="send"
          aria-label={strings.send}
          title={strings.send}
          aria-disabled={!maySend}
        >
          <Icon name="send" />
        </button>
      )}
    </form>
  );
}

/** Makes the field as high as its text, up to what its style allows, where the browser does not do it itself. */
function fit(area: HTMLTextAreaElement): void {
  if (globalThis.CSS?.supports('field-sizing', 'content')) return;
  area.style.blockSize = 'auto';
  area.style.blockSize = `${area.scrollHeight}px`;
}
