/** From bytes to text when the label may be missing or wrong: as browsers do it, and a little more tolerant. */

/**
 * A byte order mark wins; then valid UTF-8 with something beyond ASCII in it, since a text of another charset
 * hardly ever is that by chance; then the label of the header, then that of the page itself, as long as it does
 * not name UTF-8, which it isn't; else windows-1252, in which every byte means something. Never throws.
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

/** The `charset` of a Content-Type. */
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

/** A character that the size limit has cut at the end is no fault. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** `<meta charset>`, `<meta http-equiv content>` or an XML declaration, in the first 4 KiB. */
function labelInPage(bytes: Uint8Array): string | undefined {
  const start = new TextDecoder('windows-1252').decode(bytes.subarray(0, 4_096));
  return (
    /<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{1,40})/i.exec(start)?.[1] ??
    /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w:.-]{1,40})/i.exec(start)?.[1]
  );
}

/** UTF-16 without a mark is only believed where it is not plainly ASCII-compatible text. */
function decoderFor(label: string): TextDecoder | undefined {
  try {
    const decoder = new TextDecoder(label);
    return decoder.encoding.startsWith('utf-16') ? undefined : decoder;
  } catch {
    return undefined;
  }
}
