/** Which addresses of an answer may be links, and what is told of where they lead. */

const allowed: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:', 'tel:']);

export interface SafeLink {
  /** As the browser normalizes it. */
  readonly href: string;
  /** The host, or the address behind `mailto:` and `tel:`. */
  readonly place: string;
}

/** undefined: not an absolute address of http, https, mailto or tel, so it must not be a link. */
export function safeLink(address: string): SafeLink | undefined {
  if (!URL.canParse(address.trim())) return undefined;
  const url = new URL(address.trim());
  if (!allowed.has(url.protocol)) return undefined;
  // What stands before the @ is not where a link leads, and is there to look as if it were.
  if (url.username !== '' || url.password !== '') return undefined;
  const place = url.protocol.startsWith('http') ? url.host : decoded(url.pathname);
  return place === '' ? undefined : { href: url.href, place };
}

/** Whether a link's text already says where it leads: it is the address, or the host itself. */
export function saysPlace(text: string, { href, place }: SafeLink): boolean {
  const said = text.trim().toLowerCase();
  const bare = (address: string): string =>
    address.replace(/^(?:https?:\/\/|mailto:|tel:)/, '').replace(/\/$/, '');
  return bare(said) === bare(href.toLowerCase()) || said === place.toLowerCase();
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
