/**
 * Texts by language: typed functions and strings. English is built in, and its catalogues say what the others have to
 * have; a language is one module with the same names, loaded before anything is shown.
 */

/** What a translation has to have: the same names, texts for texts and functions for functions. */
export type Translation<Texts> = {
  readonly [Name in keyof Texts]: Texts[Name] extends (...args: infer Args) => string
    ? (...args: Args) => string
    : Texts[Name] extends string
      ? string
      : Translation<Texts[Name]>;
};

export type Catalogues = Readonly<Record<string, unknown>>;

/** By the code of the language (BCP 47); each module's exports are catalogues by name. */
const languages: Readonly<Record<string, () => Promise<Catalogues>>> = {};

let loaded: Catalogues = {};
let language = 'en';

/** Registers a part's English texts; the getter gives those of the language that was chosen. */
export function catalogue<const Texts extends object>(
  name: string,
  english: Texts,
): () => Translation<Texts> {
  return () => (loaded[name] ?? english) as Translation<Texts>;
}

/** The first of the wanted languages that is there, else English. */
export async function loadLanguage(wanted: readonly string[]): Promise<void> {
  for (const code of wanted.map((one) => one.toLowerCase().split('-', 1)[0] ?? '')) {
    if (code === 'en') break;
    const load = languages[code];
    if (load === undefined) continue;
    loaded = await load();
    language = code;
    break;
  }
  document.documentElement.lang = language;
}

export const languageCodes: readonly string[] = ['en', ...Object.keys(languages)];
export const currentLanguage = (): string => language;
