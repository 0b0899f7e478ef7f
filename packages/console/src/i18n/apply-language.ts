/** Sets the page to a language, before anything is rendered. */
import { en, loadStrings, type Strings } from '@colloquy/ui/strings';
import { showLanguage } from './catalogue.ts';
import { chooseLanguage, languages } from './languages.ts';
import type { Language } from './texts.ts';

/**
 * Takes the first of the wanted languages that there is; English where its chunk can't be loaded.
 * @returns the words of the shared components in it
 */
export async function applyLanguage(wanted: readonly string[]): Promise<Strings> {
  const code = chooseLanguage(wanted);
  try {
    const [texts = {}, shared] = await Promise.all([languages[code]?.load(), loadStrings(code)]);
    show(code, texts);
    return shared;
  } catch {
    show('en', {});
    return en;
  }
}

function show(code: string, texts: Language): void {
  showLanguage(code, texts);
  document.documentElement.lang = code;
  document.documentElement.dir = languages[code]?.direction ?? 'ltr';
}
