/** Sees to it that what stands on the accent can be read. */
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { contrastOf, leastContrast, paintedColor, readableOn } from '../contrast.ts';

/** Compares the two colours in each scheme; where they are too near, black or white is taken, and the page's console told. */
export function useAccentThatIsRead(root: RefObject<HTMLElement>, scheme: string): void {
  useEffect(() => {
    const element = root.current;
    if (element === null) return;
    const check = (): void => checkAccent(element);
    check();
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', check);
    return () => dark.removeEventListener('change', check);
  }, [scheme]);
}

function checkAccent(element: HTMLElement): void {
  element.style.removeProperty('--ui-on-accent');
  // Where the person has colours of their own, those of the page do not hold.
  if (matchMedia('(forced-colors: active)').matches) return;
  const accent = resolved(element, '--ui-accent');
  const onAccent = resolved(element, '--ui-on-accent');
  if (accent === undefined || onAccent === undefined) return;
  const contrast = contrastOf(accent, onAccent);
  if (contrast >= leastContrast) return;
  const better = readableOn(accent);
  element.style.setProperty('--ui-on-accent', better);
  console.warn(
    `colloquy-chat: --colloquy-on-accent has a contrast of ${contrast.toFixed(1)} on --colloquy-accent, and ${leastContrast} is the least that can be read (WCAG 1.4.3): ${better} is taken`,
  );
}

/** The colour that a custom property comes to, here and in this scheme. */
function resolved(element: HTMLElement, property: string) {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  element.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return paintedColor(color);
}
