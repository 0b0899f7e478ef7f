/** Where a redirect leads. */

/** The target of a response's `Location`; undefined where it has none that is an http(s) address. */
export function redirectTarget(
  from: { readonly origin: string; readonly path: string },
  headers: Readonly<Record<string, string | string[] | undefined>>,
): URL | undefined {
  const location = headers.location;
  if (typeof location !== 'string' || location.length > 2_000) return undefined;
  const base = `${from.origin}${from.path}`;
  if (!URL.canParse(location, base)) return undefined;
  const target = new URL(location, base);
  return target.protocol === 'http:' || target.protocol === 'https:' ? target : undefined;
}
