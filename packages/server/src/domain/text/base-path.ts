/** Paths that may stand before all paths of a server. */

/** `/chat`, `/apps/chat`: segments of unreserved characters (RFC 3986), without a slash at the end; at most 200 characters. */
export function isBasePath(text: string): boolean {
  return text.length <= 200 && /^(?:\/[\w.~-]+)+$/.test(text) && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(text);
}
