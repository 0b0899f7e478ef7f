/** The tag that has loaded the widget, and what it says. */
import { attributeNames } from './settings.ts';

/** Modules know no `document.currentScript`: it is the tag with the module's address, or the classic loader's. */
export function scriptOf(module: string, page: Document): HTMLScriptElement | undefined {
  const addresses = new Set([module, new URL('widget.iife.js', module).href]);
  const withoutQuery = (address: string): string => address.replace(/[?#].*$/, '');
  return [...page.querySelectorAll('script')].findLast(
    ({ src }) =>
      addresses.has(src) || addresses.has(withoutQuery(src)) || withoutQuery(src) === withoutQuery(module),
  );
}

/** The attributes of a floating chat, of `data-…`; undefined: the tag asks for none. */
export function settingsOfScript({
  dataset,
}: HTMLScriptElement): Readonly<Record<string, string>> | undefined {
  if (dataset.tokenEndpoint === undefined && dataset.apiKey === undefined) return undefined;
  const given = attributeNames.flatMap((name): [string, string][] => {
    const value = dataset[name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(given);
}
