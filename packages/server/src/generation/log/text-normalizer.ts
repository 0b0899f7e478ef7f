/**
 * Makes a model's text fit for storing and sending, piece by piece: CR LF and lone CR become LF, NUL is dropped,
 * halves of a surrogate pair that arrive apart are joined, and a lone half becomes U+FFFD.
 */
import { normalizeNewlines } from '../../domain/text/newlines.ts';

const needsWork = /[\r\0\ud800-\udfff]/;

export class TextNormalizer {
  #afterCarriageReturn = false;
  #highSurrogate = '';

  /** Gives the normalized piece; it is empty if the piece must wait for the next one. */
  push(piece: string): string {
    if (!this.#afterCarriageReturn && this.#highSurrogate === '' && !needsWork.test(piece)) return piece;
    let text = this.#highSurrogate + piece;
    this.#highSurrogate = '';
    if (this.#afterCarriageReturn && text.startsWith('\n')) text = text.slice(1);
    if (piece !== '') this.#afterCarriageReturn = piece.endsWith('\r');
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last <= 0xdbff) {
      this.#highSurrogate = text.slice(-1);
      text = text.slice(0, -1);
    }
    return normalizeNewlines(text).replaceAll('\0', '').toWellFormed();
  }

  /** Gives what was held back, once the text has ended. */
  end(): string {
    const rest = this.#highSurrogate === '' ? '' : '\ufffd';
    this.#highSurrogate = '';
    return rest;
  }
}
