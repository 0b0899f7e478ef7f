/** An icon that a page gives as text: only drawings are taken of it, never what could run. */

const elements: ReadonlySet<string> = new Set([
  'svg',
  'g',
  'path',
  'circle',
  'ellipse',
  'line',
  'polyline',
  'polygon',
  'rect',
]);
const attributes: ReadonlySet<string> = new Set([
  'viewBox',
  'width',
  'height',
  'd',
  'cx',
  'cy',
  'r',
  'rx',
  'ry',
  'x',
  'y',
  'x1',
  'y1',
  'x2',
  'y2',
  'points',
  'fill',
  'stroke',
  'stroke-width',
  'stroke-linecap',
  'stroke-linejoin',
  'fill-rule',
  'clip-rule',
  'transform',
  'opacity',
]);
const namespace = 'http://www.w3.org/2000/svg';

/** undefined: it is no SVG. */
export function iconOf(text: string): SVGElement | undefined {
  let parsed: Element;
  try {
    // Pages that demand trusted types refuse this, and get the usual icon.
    parsed = new DOMParser().parseFromString(text.trim(), 'image/svg+xml').documentElement;
  } catch {
    return undefined;
  }
  return copyOf(parsed);
}

function copyOf(element: Element): SVGElement | undefined {
  if (
    !elements.has(element.localName) ||
    (element.namespaceURI !== namespace && element.namespaceURI !== null)
  )
    return undefined;
  const copy = document.createElementNS(namespace, element.localName) as SVGElement;
  for (const { name, value } of element.attributes)
    if (attributes.has(name) && !/url\s*\(/i.test(value)) copy.setAttribute(name, value);
  for (const child of element.children) {
    const inner = copyOf(child);
    if (inner !== undefined) copy.append(inner);
  }
  return copy;
}
