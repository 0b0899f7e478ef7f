/** The link that the page was opened with: `#setup=<token>` or `#link=<token>`. A fragment is in no log and no referrer. */
import { createStore, type ReadableStore } from '../state/store.ts';

export interface Link {
  readonly purpose: 'setup' | 'link';
  readonly token: string;
}

const current = createStore<Link | undefined>(undefined);
export const openedLink: ReadableStore<Link | undefined> = current;

export function parseLink(fragment: string): Link | undefined {
  const [, purpose, token = ''] = /^#(setup|link)=([\w-]+)$/.exec(fragment) ?? [];
  return purpose === undefined ? undefined : { purpose: purpose as Link['purpose'], token };
}

/** Takes it out of the address, so that it stays neither in the history nor on a shared screen. */
export function takeLink(): void {
  const link = parseLink(location.hash);
  if (link === undefined) return;
  current.set(link);
  history.replaceState(history.state, '', location.pathname + location.search);
}

export function clearLink(): void {
  current.set(undefined);
}
