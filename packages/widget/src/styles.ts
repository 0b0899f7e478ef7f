/** The stylesheet of the shadow root. `bundle.js` puts it in place of the mark. */
const text = '__COLLOQUY_STYLES__';

let sheet: CSSStyleSheet | undefined;

/** One for all elements of a page. A page's `style-src` does not hold for it. */
export function styleSheet(): CSSStyleSheet {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
  }
  return sheet;
}
