/** Hands the announcer of the page down to components. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Announcer } from './announcer.ts';

const context = createContext<Announcer | undefined>(undefined);

export const AnnouncerProvider = context.Provider;

/** undefined without a provider above: nothing is said then. */
export function useAnnouncer(): Announcer | undefined {
  return useContext(context);
}
