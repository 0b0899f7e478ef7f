/**
 * Texts by language: typed functions and strings. English is built in, and its catalogues say what other languages may
 * give; a text that one of them lacks is shown in English.
 */

/** What a part of the console reads: the names of the English texts, with any text of that form. */
export type Translation<Texts> = {
  readonly [Name in keyof Texts]: Texts[Name] extends (...args: infer Args) => string
    ? (...args: Args) => string
    : Texts[Name] extends string
      ? string
      : Translation<Texts[Name]>;
};

/** What a language gives: any of the names, none that English lacks, and functions of the same parameters. */
export type Translated<Texts> = {
  readonly [Name in keyof Texts as Texts[Name] extends number | null ? never : Name]?: Texts[Name] extends (
    ...args: infer Args
  ) => string
    ? (...args: Args) => string
    : Texts[Name] extends string
      ? string
      : Translated<Texts[Name]>;
};

/** The texts of a language by the names of the catalogues. */
export type Catalogues = Readonly<Record<string, unknown>>;

const english = new Map<string, object>();
/** By the name of the catalogue; those whose modules are loaded. */
export const englishTexts: ReadonlyMap<string, object> = english;

let shown: Catalogues = {};
let language = 'en';

/** Registers a part's English texts; the getter gives those of the language that is shown. */
export function catalogue<const Texts extends object>(name: string, texts: Texts): () => Translation<Texts> {
  english.set(name, texts);
  let madeFor: Catalogues | undefined;
  let made = texts as Translation<Texts>;
  return () => {
    if (madeFor !== shown) {
      made = withEnglish(texts, shown[name]) as Translation<Texts>;
      madeFor = shown;
    }
    return made;
  };
}

function withEnglish(texts: unknown, translated: unknown): unknown {
  if (translated === undefined) return texts;
  if (typeof texts !== 'object' || texts === null) return translated;
  const given = translated as Catalogues;
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, withEnglish(text, given[name])]),
  );
}

/** From now on the getters give these texts; what was rendered before is not rendered anew. */
export function showLanguage(code: string, texts: Catalogues): void {
  language = code;
  shown = texts;
}

/** BCP 47. */
export const currentLanguage = (): string => language;
