/** Origins of web pages, as browsers send them in `Origin`: scheme, host, and port where it is not the scheme's own. */

const hostSigns = /^[a-z0-9.-]+$/;

/** Whether a text is an origin of http or https exactly as a browser would send it. */
export function isOrigin(text: string): boolean {
  const url = text.includes('*') ? null : URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text;
}

/**
 * Whether a text is an origin, or a pattern for the origins of all subdomains: `https://*.example.com`, where `*` stands
 * for one label or more. The pattern's host has at least two labels of its own.
 */
export function isOriginPattern(text: string): boolean {
  const parts = splitPattern(text);
  if (parts === undefined) return isOrigin(text);
  const { scheme, rest } = parts;
  const example = `${scheme}a.${rest}`;
  const labels = (URL.parse(example)?.hostname ?? '').split('.');
  return isOrigin(example) && labels.length >= 3 && labels.every((label) => label !== '');
}

/** Whether an origin is the one of a pattern that `isOriginPattern` takes, or one of those that it stands for. */
export function matchesOrigin(pattern: string, origin: string): boolean {
  const parts = splitPattern(pattern);
  if (parts === undefined) return pattern === origin;
  const { scheme, rest } = parts;
  if (!origin.startsWith(scheme) || !origin.endsWith(`.${rest}`)) return false;
  const labels = origin.slice(scheme.length, -rest.length - 1);
  return hostSigns.test(labels) && labels.split('.').every((label) => label !== '');
}

function splitPattern(text: string): { readonly scheme: string; readonly rest: string } | undefined {
  const [, scheme, rest] = /^(https?:\/\/)\*\.([^*]*)$/.exec(text) ?? [];
  return scheme === undefined || rest === undefined ? undefined : { scheme, rest };
}
