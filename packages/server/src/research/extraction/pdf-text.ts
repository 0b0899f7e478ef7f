/** Reads the text of a PDF by pdf.js. Scripts in the PDF do not run, and nothing is fetched or drawn. */
import type { PDFPageProxy } from 'unpdf/pdfjs';
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
    // Pictures are not read.
    maxImageSize: 1,
    verbosity: 0,
  });
  try {
    let text = '';
    for (
      let number = 1;
      number <= Math.min(document.numPages, maxPages) && text.length < maxLength;
      number++
    ) {
      const page = await document.getPage(number);
      text += `${await pageText(page, maxLength - text.length)}\n`;
      page.cleanup();
    }
    const { info } = await document.getMetadata();
    const title = 'Title' in info && typeof info.Title === 'string' ? info.Title : '';
    return { title: toSingleLine(title, 200), text: joinLines(stripInvisible(text)) };
  } finally {
    await document.loadingTask.destroy();
  }
}

/** Reads a page piece by piece, so that a page of millions of words costs no more than what is wanted of it. */
async function pageText(page: PDFPageProxy, maxLength: number): Promise<string> {
  const reader = page.streamTextContent().getReader();
  let text = '';
  while (text.length < maxLength) {
    const { done, value } = await reader.read();
    if (done) return text;
    for (const item of value.items) {
      if ('str' in item) text += item.hasEOL ? `${item.str}\n` : item.str;
      if (text.length >= maxLength) break;
    }
  }
  // pdf.js wants an error as the reason, and may reject for it.
  await reader.cancel(new Error('enough was read')).catch(() => {});
  return text;
}

/** A PDF breaks lines within sentences, so only the end of a sentence ends a paragraph. */
function joinLines(text: string): string {
  return text
    .replace(/(\p{L})-\n(\p{Ll})/gu, '$1$2')
    .replace(/([^\n.!?:;。！？])\n(?=[^\n])/g, '$1 ')
    .replace(/[^\S\n]+/g, ' ')
    .trim();
}
