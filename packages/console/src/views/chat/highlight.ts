/** Colours of code, loaded when the first finished block is there and the browser has nothing else to do. */
import type { ComponentChildren } from 'preact';
import { createStore, useStore } from '../../state/store.ts';

export type Highlight = (code: string, language: string | undefined) => ComponentChildren;

const loaded = createStore<Highlight | undefined>(undefined);
let isAsked = false;

function load(): void {
  if (isAsked) return;
  isAsked = true;
  const whenIdle = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 1));
  whenIdle(() => {
    // Without colours, code is still code.
    import('./highlighter.ts').then(({ highlight }) => loaded.set(highlight)).catch(() => undefined);
  });
}

/** Another function once the colours are there, so that what is shown is drawn again. */
export function useHighlight(): Highlight {
  return useStore(loaded) ?? askForColours;
}

const askForColours: Highlight = () => {
  load();
  return undefined;
};
