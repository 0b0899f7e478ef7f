/** What is shown for an address at which nothing is. */
import type { JSX } from 'preact';
import { useTitle } from '../parts/page.tsx';
import { EmptyState } from '../parts/states.tsx';
import { shellStrings } from './strings.ts';

export function NotFound(): JSX.Element {
  const strings = shellStrings();
  useTitle(strings.notFound);
  return (
    <EmptyState isPage title={strings.notFound}>
      {strings.notFoundText}
    </EmptyState>
  );
}
