/** Finds out by CSS, inline or in a page's own `<style>`, which elements a reader of the page does not see. */

/** Classes and ids that a page's own style sheets hide. Linked style sheets are not read. */
export interface HidingSelectors {
  readonly classes: ReadonlySet<string>;
  readonly ids: ReadonlySet<string>;
}

const maxStyleLength = 200_000;
/** The longest list of selectors of one rule that is read. */
const maxSelectorsLength = 2_000;

/** Reads simple selectors only: `.class`, `#id`, `tag.class`. Rules in `@media` and the like are conditional and skipped. */
export function findHidingSelectors(styles: string): HidingSelectors {
  const classes = new Set<string>();
  const ids = new Set<string>();
  const addNames = (selectors: string): void => {
    for (const selector of selectors.split(',')) {
      const [, kind, name] = /^\s*[a-z]*([.#])([\w-]+)\s*$/i.exec(selector) ?? [];
      if (name !== undefined) (kind === '.' ? classes : ids).add(name);
    }
  };
  const topLevel = withoutAtRules(styles.slice(0, maxStyleLength).replace(/\/\*[\s\S]*?(\*\/|$)/g, ''));
  // One pass over pieces: a pattern for a whole rule goes back over the text from each of its characters.
  let [selectors, declarations] = ['', ''];
  for (const [piece] of topLevel.matchAll(/[^{}]+|[{}]/g)) {
    if (piece === '{') [selectors, declarations] = [declarations, ''];
    else if (piece !== '}') declarations = piece;
    else {
      if (selectors.length <= maxSelectorsLength && isHiding(declarations)) addNames(selectors);
      [selectors, declarations] = ['', ''];
    }
  }
  return { classes, ids };
}

/** Removes at-rules: `@media print { … }` with its content, and `@import …;`. */
function withoutAtRules(styles: string): string {
  let [result, depth, isInAtRule] = ['', 0, false];
  for (const [piece] of styles.matchAll(/[^{};@]+|[{};@]/g)) {
    if (piece === '@' && depth === 0) isInAtRule = true;
    if (piece === '{') depth++;
    if (!isInAtRule) result += piece;
    if (piece === '}') depth = Math.max(0, depth - 1);
    if (depth === 0 && (piece === '}' || piece === ';')) isInAtRule = false;
  }
  return result;
}

/** Whether CSS declarations make an element, or its text, invisible. */
export function isHiding(declarations: string): boolean {
  const style = parse(declarations);
  const is = (name: string, pattern: RegExp) => pattern.test(style.get(name) ?? '');
  const background = style.get('background-color') ?? style.get('background');
  return (
    is('display', /^none\b/) ||
    is('visibility', /^(hidden|collapse)\b/) ||
    is('content-visibility', /^hidden\b/) ||
    is('opacity', /^(0|0?\.0\d*|0%)$/) ||
    is('font-size', /^((0?\.\d+|1)(px|pt)|0(\.0\d*)?(px|pt|em|rem|%|vw|vh)?)$/) ||
    is('font', /(^|\s)0(px|pt|em|rem|%)?[\s/]/) ||
    is('color', /^transparent|^rgba\([^)]*,\s*0?(\.0+)?\)|\/\s*0%?\s*\)/) ||
    (style.has('color') && style.get('color') === background) ||
    is('text-indent', /^-\d{3,}/) ||
    ((is('position', /^(absolute|fixed)/) || style.has('transform')) &&
      (['left', 'right', 'top', 'bottom'].some((side) => is(side, /^-\d{3,}/)) ||
        is('clip', /^rect\(\s*(0|1px)/) ||
        is('clip-path', /^inset\((50|100)%/) ||
        is('transform', /scale\(\s*0(\.0+)?\s*[,)]|translate[xy]?\(\s*-\d{3,}/))) ||
    (is('overflow', /^hidden/) &&
      ['width', 'height', 'max-height', 'max-width'].some((side) => is(side, /^[01](px)?$/)))
  );
}

function parse(declarations: string): ReadonlyMap<string, string> {
  const plain = declarations
    .slice(0, 5_000)
    .replace(/\/\*[\s\S]*?(\*\/|$)/g, '')
    // Resolves CSS escapes: `d\69splay` is `display`.
    .replace(/\\([0-9a-f]{1,6})\s?/gi, (_, code) =>
      String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0xfffd)),
    )
    .toLowerCase();
  return new Map(
    plain.split(';').map((declaration) => {
      const colon = declaration.indexOf(':');
      const value = declaration.slice(colon + 1).replace(/!\s*important/, '');
      return [declaration.slice(0, Math.max(0, colon)).trim(), value.trim()] as const;
    }),
  );
}
