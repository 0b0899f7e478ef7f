/** The words without the components, for whoever sets the language before the components are loaded. */
export { loadStrings } from './catalogues.ts';
export { StringsProvider } from './context.tsx';
export { en } from './en.ts';
export type { Strings } from './strings.ts';
