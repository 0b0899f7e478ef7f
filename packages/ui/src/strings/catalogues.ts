/** Which languages have a catalogue. English is built in, the others are loaded when they are asked for. */
import { en } from './en.ts';
import type { Strings } from './strings.ts';

/** Languages that have a catalogue, and how it is loaded: in a bundle each is a chunk of its own. */
const catalogues: Readonly<Record<string, () => Promise<Strings>>> = {
  en: async () => en,
  de: async () => (await import('./de.ts')).de,
  fr: async () => (await import('./fr.ts')).fr,
  es: async () => (await import('./es.ts')).es,
  it: async () => (await import('./it.ts')).it,
  pt: async () => (await import('./pt.ts')).pt,
  nl: async () => (await import('./nl.ts')).nl,
  pl: async () => (await import('./pl.ts')).pl,
  ja: async () => (await import('./ja.ts')).ja,
  zh: async () => (await import('./zh.ts')).zh,
  ar: async () => (await import('./ar.ts')).ar,
};

export const languages: readonly string[] = Object.keys(catalogues);

/** The catalogue's language for a BCP 47 tag: `de` for `de-AT`, `en` where there is none. */
export function languageOf(tag: string): string {
  const primary = tag.toLowerCase().split('-')[0] ?? '';
  return Object.hasOwn(catalogues, primary) ? primary : 'en';
}

/** @throws when the chunk of a language can't be loaded */
export async function loadStrings(tag: string): Promise<Strings> {
  return (catalogues[languageOf(tag)] ?? (async () => en))();
}

/** Of a catalogue's language, not of any tag. */
export function directionOf(tag: string): 'ltr' | 'rtl' {
  return languageOf(tag) === 'ar' ? 'rtl' : 'ltr';
}
