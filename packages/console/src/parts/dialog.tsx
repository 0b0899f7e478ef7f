/** Dialogs on the browser's own `<dialog>`: it keeps the focus, closes with Escape and gives the focus back. */
import type { ComponentChildren, JSX } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Button, TextField } from './controls.tsx';
import styles from './dialog.module.css';
import { ErrorState } from './states.tsx';
import { partStrings } from './strings.ts';

export interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** The row of buttons. */
  readonly foot?: ComponentChildren;
  readonly size?: 'normal' | 'wide';
  /** `end`: at the side, over the whole height. */
  readonly side?: 'middle' | 'end';
  /** False: Escape and the button ask nobody; it stays open. */
  readonly mayClose?: () => boolean;
  readonly onClose: () => void;
}

/** Render it while it is open. */
export function Dialog(props: DialogProps): JSX.Element {
  const { title, children, foot, size = 'normal', side = 'middle', mayClose = () => true, onClose } = props;
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Before anything is painted: what is typed next belongs to it.
  useLayoutEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const close = () => {
    if (mayClose()) onClose();
  };
  return (
    <dialog
      ref={element}
      class={styles.dialog}
      data-size={size}
      data-side={side}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onMouseDown={(event) => {
        if (event.target === element.current) close();
      }}
    >
      <div class={styles.inside}>
        <div class={styles.head}>
          <h2 id={id}>{title}</h2>
          <Button icon="close" label={partStrings().close} look="quiet" onClick={close} />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard. */}
        {/* biome-ignore lint/a11y/useSemanticElements: it is no group of controls. */}
        <div class={styles.body} tabIndex={0} role="group" aria-labelledby={id}>
          {children}
        </div>
        {foot !== undefined && <div class={styles.foot}>{foot}</div>}
      </div>
    </dialog>
  );
}

export interface ConfirmProps {
  readonly title: string;
  /** What becomes of what, with counts. */
  readonly children: ComponentChildren;
  /** The name that has to be typed; absent: a button is enough. */
  readonly name?: string | undefined;
  readonly action: string;
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before something is destroyed. A failure is told in it. */
export function Confirm({ title, children, name, action, onConfirm, onClose }: ConfirmProps): JSX.Element {
  const strings = partStrings();
  const [typed, setTyped] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const form = useId();
  const isFit = name === undefined || typed.trim() === name.trim();
  const confirm = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{strings.cancel}</Button>
          <Button type="submit" form={form} look="danger" isDisabled={!isFit} isBusy={isBusy}>
            {action}
          </Button>
        </>
      }
    >
      <form
        id={form}
        class={styles.fields}
        onSubmit={(event) => {
          event.preventDefault();
          if (isFit && !isBusy) void confirm();
        }}
      >
        <div>{children}</div>
        {name !== undefined && <TextField label={strings.typeName(name)} value={typed} onInput={setTyped} />}
        {error !== undefined && <ErrorState error={error} />}
      </form>
    </Dialog>
  );
}
