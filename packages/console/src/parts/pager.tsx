/** The pages of a list whose cursor stands in the address: the browser's own way back leads to the page before. */
import type { JSX } from 'preact';
import { useSearchParams } from 'wouter-preact';
import { Button } from './controls.tsx';
import { pageStyles } from './page.tsx';
import { partStrings } from './strings.ts';

/** The parameter of the address. */
export const cursorName = 'cursor';

export function useCursor(): string {
  const [params] = useSearchParams();
  return params.get(cursorName) ?? '';
}

export function Pager({ next }: { readonly next: string | null }): JSX.Element | null {
  const strings = partStrings();
  const [params, setParams] = useSearchParams();
  const go = (cursor: string | null) =>
    setParams((before) => {
      const after = new URLSearchParams(before);
      if (cursor === null) after.delete(cursorName);
      else after.set(cursorName, cursor);
      return after;
    });
  const isFirst = !params.has(cursorName);
  if (isFirst && next === null) return null;
  return (
    <nav class={pageStyles.row} aria-label={strings.pages}>
      {!isFirst && <Button onClick={() => go(null)}>{strings.firstPage}</Button>}
      {next !== null && <Button onClick={() => go(next)}>{strings.nextPage}</Button>}
    </nav>
  );
}
