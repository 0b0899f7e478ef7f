/** Sees to it that what stands on the accent can be read, where a site has set a colour of its own. */
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** Checks it in each scheme. Ours can be read, so nothing is loaded for them. */
export function useAccentThatIsRead(root: RefObject<HTMLElement>, scheme: string): void {
  useEffect(() => {
    const element = root.current;
    if (element === null) return;
    const check = (): void => {
      const style = getComputedStyle(element);
      element.style.removeProperty('--ui-on-accent');
      if (style.getPropertyValue('--colloquy-accent') + style.getPropertyValue('--colloquy-on-accent') === '')
        return;
      // Without the check the colours are as the site wants them.
      void import('../contrast.ts').then(
        ({ checkAccent }) => checkAccent(element),
        () => undefined,
      );
    };
    check();
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', check);
    return () => dark.removeEventListener('change', check);
  }, [scheme]);
}
