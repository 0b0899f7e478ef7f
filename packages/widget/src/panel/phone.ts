/** On phones the panel takes the whole screen, as a modal dialog does. */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

/** Narrower pages have no room beside the panel. */
const phones = '(max-width: 480px)';

/** Whether the page is that narrow. While the panel is open there, the rest of the page can't be used, and does not scroll. */
export function usePhone(root: RefObject<HTMLElement>, host: HTMLElement, isOpen: boolean): boolean {
  const [isPhone, setPhone] = useState(() => matchMedia(phones).matches);
  useEffect(() => {
    const query = matchMedia(phones);
    const change = (): void => setPhone(query.matches);
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, []);
  useLayoutEffect(() => {
    if (!isPhone || !isOpen || root.current === null) return;
    const release = [setRestInert(host), lockScroll(), fitToKeyboard(root.current)];
    return () => {
      for (const undo of release) undo();
    };
  }, [isPhone, isOpen]);
  return isPhone;
}

/** Whatever is no ancestor of the host can't be reached. */
function setRestInert(host: HTMLElement): () => void {
  const made: Element[] = [];
  for (
    let element: Element | null = host;
    element !== null && element !== document.body;
    element = element.parentElement
  ) {
    for (const sibling of element.parentElement?.children ?? []) {
      if (sibling === element || sibling.hasAttribute('inert')) continue;
      sibling.setAttribute('inert', '');
      made.push(sibling);
    }
  }
  return () => {
    for (const element of made) element.removeAttribute('inert');
  };
}

function lockScroll(): () => void {
  const { style } = document.documentElement;
  const before = style.overflow;
  style.overflow = 'hidden';
  return () => {
    style.overflow = before;
  };
}

/** Where the keyboard covers the page instead of making it smaller, as on iOS, only the visual viewport tells. */
function fitToKeyboard(element: HTMLElement): () => void {
  const { visualViewport } = window;
  if (visualViewport == null) return () => {};
  const fit = (): void => {
    element.style.setProperty('--widget-view', `${visualViewport.height}px`);
    element.style.setProperty('--widget-shift', `${visualViewport.offsetTop}px`);
  };
  fit();
  visualViewport.addEventListener('resize', fit);
  visualViewport.addEventListener('scroll', fit);
  return () => {
    visualViewport.removeEventListener('resize', fit);
    visualViewport.removeEventListener('scroll', fit);
    element.style.removeProperty('--widget-view');
    element.style.removeProperty('--widget-shift');
  };
}
