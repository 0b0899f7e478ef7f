/** Reads the text of a PDF by pdf.js. Scripts in the PDF do not run, and nothing is fetched or drawn. */
import type { PageText } from './html-text.ts';
import { stripInvisible, toSingleLine } from './visible-text.ts';

const maxPages = 40;

/** Stops at `maxLength` UTF-16 units or 40 pages. @throws the errors of pdf.js for a broken or locked file */
export async function readPdf(bytes: Uint8Array, maxLength: number): Promise<PageText> {
  // The package has two megabytes of code, so it is loaded only for the first PDF.
  const { getDocumentProxy } = await import('unpdf');
  const document = await getDocumentProxy(bytes, {
    isEvalSupported: false,
    disableFontFace: true,
    useSystemFonts: false,
    stopAtErrors: false,
    verbosity: 0,
  });
  let text = '';
  for (let number = 1; number <= Math.min(document.numPages, maxPages) && text.length < maxLength; number++) {
    const page = await document.getPage(number);
    const { items } = await page.getTextContent();
    for (const item of items) {
      if ('str' in item) text += item.hasEOL ? `${item.str}\n` : item.str;
    }
    text += '\n';
    page.cleanup();
  }
  const { info } = await document.getMetadata();
  const title = 'Title' in info && typeof info.Title === 'string' ? info.Title : '';
  return { title: toSingleLine(title, 200), text: joinLines(stripInvisible(text)) };
}

/** A PDF breaks lines within sentences, so only the end of a sentence ends a paragraph. */
function joinLines(text: string): string {
  return text
    .replace(/(\p{L})-\n(\p{Ll})/gu, '$1$2')
    .replace(/([^\n.!?:;。！？])\n(?=[^\n])/g, '$1 ')
    .replace(/[^\S\n]+/g, ' ')
    .trim();
}
