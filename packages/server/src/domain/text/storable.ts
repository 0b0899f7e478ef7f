/** The form in which texts of others can be stored and sent: no NUL, which PostgreSQL refuses, and whole characters. */

/** NUL is left out, and half of a surrogate pair becomes U+FFFD. */
export function storable(text: string): string {
  const open = text.includes('\0') ? text.replaceAll('\0', '') : text;
  return open.toWellFormed();
}
