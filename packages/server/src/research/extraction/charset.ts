/**
 * Decodes bytes whose charset label may be missing or wrong, as browsers do and a little more tolerantly. This is our own
 * code because detection libraries guess by statistics, which reads short or mixed pages wrong where a label is right.
 */

/**
 * Tries in this order: the byte order mark; UTF-8, if the bytes are valid UTF-8 with characters beyond ASCII, which text
 * in another charset hardly ever is by chance; the label of the header, then that of the page, unless it names UTF-8,
 * which the bytes are not; and windows-1252, in which every byte is a character. Never throws.
 */
export function decodeText(bytes: Uint8Array, label: string | undefined): string {
  const marked = charsetOfMark(bytes);
  if (marked !== undefined) return new TextDecoder(marked).decode(bytes);
  const isAscii = bytes.every((byte) => byte < 0x80);
  if (!isAscii && isUtf8(bytes)) return new TextDecoder().decode(bytes);
  for (const candidate of [label, labelInPage(bytes)]) {
    const decoder = candidate === undefined ? undefined : decoderFor(candidate);
    if (decoder !== undefined && (isAscii || decoder.encoding !== 'utf-8')) return decoder.decode(bytes);
  }
  return new TextDecoder('windows-1252').decode(bytes);
}

/** The `charset` parameter of a Content-Type. */
export function charsetOf(contentType: string): string | undefined {
  return /;\s*charset\s*=\s*["']?([^\s"';]+)/i.exec(contentType)?.[1];
}

function charsetOfMark(bytes: Uint8Array): string | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return undefined;
}

/** A character that the size limit has cut in two at the end does not make the bytes invalid. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** The label in `<meta charset>`, `<meta http-equiv content>` or an XML declaration, within the first 4 KiB. */
function labelInPage(bytes: Uint8Array): string | undefined {
  const start = new TextDecoder('windows-1252').decode(bytes.subarray(0, 4_096));
  return (
    /<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{1,40})/i.exec(start)?.[1] ??
    /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w:.-]{1,40})/i.exec(start)?.[1]
  );
}

/** A label of UTF-16 is ignored, since the bytes have no byte order mark and so are hardly ever UTF-16. */
function decoderFor(label: string): TextDecoder | undefined {
  try {
    const decoder = new TextDecoder(label);
    return decoder.encoding.startsWith('utf-16') ? undefined : decoder;
  } catch {
    return undefined;
  }
}
