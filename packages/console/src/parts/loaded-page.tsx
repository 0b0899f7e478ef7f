/** A view of one thing; where it can't be read, the list that it belongs to is named and can be gone back to. */
import type { JSX } from 'preact';
import { Page, type PageProps } from './page.tsx';
import { Loaded, type LoadedProps } from './states.tsx';

export interface LoadedPageProps<T> extends LoadedProps<T> {
  readonly back: NonNullable<PageProps['back']>;
}

export function LoadedPage<T>({ back, ...loaded }: LoadedPageProps<T>): JSX.Element {
  if (loaded.of.data !== undefined || !loaded.of.isError) return <Loaded {...loaded} />;
  return (
    <Page title={back.label} back={back}>
      <Loaded {...loaded} />
    </Page>
  );
}
