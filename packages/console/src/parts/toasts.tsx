/** Short messages of what has been done, at the edge of the page, read out by screen readers. */
import type { JSX } from 'preact';
import { createStore, useStore } from '../state/store.ts';
import { Button } from './controls.tsx';
import { partStrings } from './strings.ts';
import styles from './toasts.module.css';

interface Toast {
  readonly id: number;
  readonly text: string;
}

/** They stay long enough to be read; a click takes them away. */
const shownMs = 6_000;
const toasts = createStore<readonly Toast[]>([]);
let last = 0;

export function tell(text: string): void {
  last += 1;
  const id = last;
  toasts.set([...toasts.get(), { id, text }]);
  setTimeout(() => dismiss(id), shownMs);
}

function dismiss(id: number): void {
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
}

export function Toasts(): JSX.Element {
  const shown = useStore(toasts);
  return (
    <div class={styles.toasts} role="status">
      {shown.map(({ id, text }) => (
        <div key={id} class={styles.toast}>
          {text}
          <Button icon="close" look="quiet" label={partStrings().close} onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
