/** Where a redirect leads, and whether a call goes there. */

export const mostRedirects = 3;

export interface RedirectTarget {
  readonly url: URL;
  /** Whether the request may be made there as it is: by a status that keeps its method, at the same origin. */
  isFollowed(status: number): boolean;
}

/** Undefined where the response's `Location` is no http(s) address. */
export function redirectTarget(
  from: { readonly origin: string; readonly path: string },
  headers: Readonly<Record<string, string | string[] | undefined>>,
): RedirectTarget | undefined {
  const { location } = headers;
  if (typeof location !== 'string' || location.length > 2_000) return undefined;
  const base = `${from.origin}${from.path}`;
  if (!URL.canParse(location, base)) return undefined;
  const url = new URL(location, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  return {
    url,
    isFollowed: (status) => (status === 307 || status === 308) && url.origin === from.origin,
  };
}
