/** The keys that work everywhere: `Ctrl`/`⌘ K`, `?`, and `g` with the letter of a view. Typing is never disturbed. */
import { useEffect } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { View } from '../views/views.ts';

export type Opened = 'nothing' | 'palette' | 'shortcuts' | 'more';

const isApple = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? '');
export const modifierKey = isApple ? '⌘' : 'Ctrl';

/** How long after `g` the letter counts, in milliseconds. */
const sequenceMs = 1_500;

export function useShortcuts(views: readonly View[], open: (opened: Opened) => void): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    let beganAt = Number.NEGATIVE_INFINITY;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if ((isApple ? event.metaKey : event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        open('palette');
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      // A dialog has the keyboard to itself.
      if (document.querySelector('dialog[open]') !== null) return;
      if (event.key === '?') {
        event.preventDefault();
        open('shortcuts');
        return;
      }
      const isSecond = event.timeStamp - beganAt < sequenceMs;
      beganAt = event.key === 'g' && !isSecond ? event.timeStamp : Number.NEGATIVE_INFINITY;
      const view = isSecond && views.find(({ letter }) => letter === event.key);
      if (!view) return;
      event.preventDefault();
      navigate(`/${view.name}`);
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [views, open, navigate]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))
  );
}
