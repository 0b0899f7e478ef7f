/** Whether what a site has set as its accent can be read: loaded where it has. */

export type Rgb = readonly [red: number, green: number, blue: number];

/** WCAG 2.2, 1.4.3. */
export const leastContrast = 4.5;

/** WCAG 2.2, "relative luminance"; components are 0–255. */
function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((component) => {
    const share = component / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 to 21. */
export function contrastOf(one: Rgb, other: Rgb): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever is easier to read on a colour. */
export function readableOn(color: Rgb): 'black' | 'white' {
  return contrastOf(color, [0, 0, 0]) > contrastOf(color, [255, 255, 255]) ? 'black' : 'white';
}

/** Any CSS colour as the browser paints it; undefined: it is none, or not opaque. */
export function paintedColor(color: string): Rgb | undefined {
  const canvas = document.createElement('canvas');
  canvas.width = 1;
  canvas.height = 1;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  if (pen === null) return undefined;
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 0] = pen.getImageData(0, 0, 1, 1).data;
  return alpha === 255 ? [red, green, blue] : undefined;
}

/** Where the accent and what stands on it are too near, black or white is taken, and the page's console told. */
export function checkAccent(element: HTMLElement): void {
  element.style.removeProperty('--ui-on-accent');
  // Where the person has colours of their own, those of the page do not hold.
  if (matchMedia('(forced-colors: active)').matches) return;
  const accent = resolved(element, '--ui-accent');
  const onAccent = resolved(element, '--ui-on-accent');
  if (accent === undefined || onAccent === undefined) return;
  const contrast = contrastOf(accent, onAccent);
  if (contrast >= leastContrast) return;
  const better = readableOn(accent);
  element.style.setProperty('--ui-on-accent', better);
  console.warn(
    `colloquy-chat: --colloquy-on-accent has a contrast of ${contrast.toFixed(1)} on --colloquy-accent, and ${leastContrast} is the least that can be read (WCAG 1.4.3): ${better} is taken`,
  );
}

/** The colour that a custom property comes to, here and in this scheme. */
function resolved(element: HTMLElement, property: string): Rgb | undefined {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  element.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return paintedColor(color);
}
