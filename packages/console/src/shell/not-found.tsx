/** What is shown for an address at which nothing is. */
import type { JSX } from 'preact';
import { LinkButton } from '../parts/controls.tsx';
import { useTitle } from '../parts/page.tsx';
import { EmptyState } from '../parts/states.tsx';
import { toConsole } from '../state/paths.ts';
import { shellStrings } from './strings.ts';

export function NotFound(): JSX.Element {
  const strings = shellStrings();
  useTitle(strings.notFound);
  return (
    <EmptyState
      isPage
      title={strings.notFound}
      action={<LinkButton href={toConsole('/')}>{strings.home}</LinkButton>}
    >
      {strings.notFoundText}
    </EmptyState>
  );
}
