/** Texts in which nobody sees anything. */

/**
 * Anything but whitespace, control and format characters, what Unicode says is ignored where it is shown (fillers,
 * variation selectors), and the empty Braille pattern.
 */
const visible = /[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether a text is empty or holds only whitespace and invisible signs. Looks no further than the first visible sign. */
export function isBlank(text: string): boolean {
  return !visible.test(text);
}

/**
 * All signs of one UTF-16 unit that a blank text may hold, but NUL, which PostgreSQL takes in no text: for queries that
 * ask whether a stored text is blank.
 */
export function blankSigns(): string {
  const signs = Array.from({ length: 0xffff }, (_, index) => String.fromCharCode(index + 1));
  return signs.filter(isBlank).join('');
}
