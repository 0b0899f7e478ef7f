/** The languages that the console is translated into. English is built in; each of the others is a chunk of its own. */
import type { Language } from './texts.ts';

interface Offered {
  /** As its speakers call it. */
  readonly name: string;
  readonly direction?: 'rtl';
  readonly load: () => Promise<Language>;
}

/** By code (BCP 47), in the order of the choice. */
export const languages: Readonly<Record<string, Offered>> = {
  en: { name: 'English', load: async () => ({}) },
  de: { name: 'Deutsch', load: async () => (await import('./de/index.ts')).de },
  fr: { name: 'Français', load: async () => (await import('./fr/index.ts')).fr },
  es: { name: 'Español', load: async () => (await import('./es/index.ts')).es },
  it: { name: 'Italiano', load: async () => (await import('./it/index.ts')).it },
  pt: { name: 'Português', load: async () => (await import('./pt/index.ts')).pt },
  ar: { name: 'العربية', direction: 'rtl', load: async () => (await import('./ar/index.ts')).ar },
  ja: { name: '日本語', load: async () => (await import('./ja/index.ts')).ja },
  zh: { name: '简体中文', load: async () => (await import('./zh/index.ts')).zh },
};

/** The first of the wanted languages that there is, by its first part; else English. */
export function chooseLanguage(wanted: readonly string[]): string {
  // What is stored in the browser may be anything.
  const codes = wanted.map((tag) => String(tag).toLowerCase().split('-', 1)[0] ?? '');
  return codes.find((code) => Object.hasOwn(languages, code)) ?? 'en';
}
