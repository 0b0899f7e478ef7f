/** Reads the title and the visible text of an HTML page: hidden elements are removed, then the article is found. */
import { Readability } from '@mozilla/readability';
import { findHidingSelectors, isHiding } from './hiding-styles.ts';
import { parseDocument } from './html-document.ts';
import { stripInvisible, toSingleLine } from './visible-text.ts';

export interface PageText {
  /** May be empty. */
  readonly title: string;
  /** One line for each block; empty where the page has no text. */
  readonly text: string;
}

/** Readability takes a minute for 2,000 nested elements; real pages nest less than 60 deep. */
const articleLimits = { elements: 30_000, depth: 100, characters: 1_000_000 };

/** An article that is shorter than this share of the page's text is not the page's content. */
const leastArticleShare = 0.2;

/** Slow for large pages, and its libraries recurse, so it runs in a process of its own. */
export function readHtml(html: string): PageText {
  const document = parseDocument(asDocument(html));
  removeHidden(document);
  const title = document.querySelector('title')?.textContent ?? '';
  const heading = document.querySelector('h1')?.textContent ?? '';
  // This comes first, since Readability changes the document.
  const whole = blockText(document.body);
  const article = readArticle(document);
  return {
    title: toSingleLine(article?.title || title || heading, 200),
    text: article && article.text.length >= whole.length * leastArticleShare ? article.text : whole,
  };
}

/** linkedom takes the first element for the root, so a fragment is wrapped. */
function asDocument(html: string): string {
  return /<html[\s>]/i.test(html) ? html : `<!doctype html><html><head></head><body>${html}</body></html>`;
}

/** The article of a page; undefined where there is none, or the page is beyond Readability's limits. */
function readArticle(document: Document): PageText | undefined {
  if (!isWithinLimits(document)) return undefined;
  const article = parseArticle(document);
  if (!article?.content) return undefined;
  return { title: article.title ?? '', text: blockText(article.content) };
}

/** Patterns of Readability overflow the stack on some texts; the page then counts as one without an article. */
function parseArticle(document: Document) {
  try {
    return new Readability<Node>(document, {
      charThreshold: 200,
      disableJSONLD: true,
      serializer: (node) => node,
    }).parse();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function isWithinLimits(document: Document): boolean {
  let [elements, depth, characters] = [0, 0, 0];
  for (let node: Node | null = document.documentElement; node !== null; ) {
    if (node.nodeType === 1 && ++elements > articleLimits.elements) return false;
    if (node.nodeType === 3) characters += node.nodeValue?.length ?? 0;
    if (characters > articleLimits.characters) return false;
    if (node.firstChild !== null) {
      node = node.firstChild;
      if (++depth > articleLimits.depth) return false;
      continue;
    }
    while (node !== null && node.nextSibling === null) {
      node = node.parentNode;
      depth--;
    }
    node = node?.nextSibling ?? null;
  }
  return true;
}

const unseen =
  'script, style, noscript, template, iframe, object, embed, svg, canvas, audio, video, select, textarea, ' +
  'input, button, dialog:not([open]), annotation, [hidden], [aria-hidden="true"], [inert], .sr-only, .visually-hidden, .screen-reader-text';

function removeHidden(document: Document): void {
  const styles = [...document.querySelectorAll('style')].map((style) => style.textContent).join('\n');
  const { classes, ids } = findHidingSelectors(styles);
  for (const element of document.querySelectorAll(unseen)) element.remove();
  for (const element of document.querySelectorAll('[style], [class], [id], [color]')) {
    if (element === document.body || element === document.documentElement) continue;
    const isHidden =
      isHiding(element.getAttribute('style') ?? '') ||
      ids.has(element.id) ||
      (classes.size > 0 && [...element.classList].some((name) => classes.has(name)));
    if (isHidden) element.remove();
  }
}

const blocks: ReadonlySet<string> = new Set(
  (
    'ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY BR CAPTION CENTER DD DETAILS DIV DL DT FIELDSET FIGCAPTION FIGURE FOOTER ' +
    'FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN NAV OL P PRE SECTION SUMMARY TABLE TBODY TFOOT THEAD TR UL'
  ).split(' '),
);

/** Elements around a page's content. */
const surroundings: ReadonlySet<string> = new Set(['NAV', 'FOOTER', 'ASIDE', 'HEAD']);

/** The text of a tree with a line for each block and separated cells. It does not recurse, since pages may nest deeply. */
function blockText(root: Node | null): string {
  const lines: string[] = [];
  let line = '';
  const endLine = () => {
    const text = stripInvisible(line).replace(/\s+/g, ' ').trim();
    if (text !== '') lines.push(text);
    line = '';
  };
  let node: Node | null = root;
  while (node !== null) {
    const name = node.nodeName.toUpperCase();
    if (node.nodeType === 3) line += node.nodeValue;
    else if (blocks.has(name)) endLine();
    else if ((name === 'TD' || name === 'TH') && line.trim() !== '') line += ' | ';
    const child: Node | null = surroundings.has(name) && node !== root ? null : node.firstChild;
    if (child !== null) {
      node = child;
      continue;
    }
    while (node !== null && node !== root && node.nextSibling === null) {
      node = node.parentNode;
      if (node !== null && blocks.has(node.nodeName.toUpperCase())) endLine();
    }
    node = node === null || node === root ? null : node.nextSibling;
  }
  endLine();
  return lines.join('\n');
}
