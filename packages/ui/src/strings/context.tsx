/** Hands the words down to components. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { en } from './en.ts';
import type { Strings } from './strings.ts';

const context = createContext<Strings>(en);

/** English without a provider above. */
export const StringsProvider = context.Provider;

export function useStrings(): Strings {
  return useContext(context);
}
