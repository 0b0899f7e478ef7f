/** The blocks of a Markdown text: CommonMark's, with GFM's tables and tasks. The work grows with the text's length. */
import { readInline, tag, unescaped } from './inline.ts';
import {
  type BlockToken,
  type Cell,
  type InlineToken,
  type List,
  labelOf,
  type References,
  type Token,
} from './tokens.ts';

/** What has no end yet: references may be defined behind what uses them. */
interface Book {
  readonly references: References;
  readonly waiting: { readonly tokens: InlineToken[]; readonly text: string }[];
}

/** Quotes and lists are not read inside of more of their kind: they are read by functions that call themselves. */
const maxDepth = 20;

/** What all that ends a paragraph begins with, but tables. */
const special = /^ {0,3}[-#*_+`~<>\d]/;
const fence = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})(.*)$/;
const heading = /^ {0,3}(#{1,6})(?=\s|$)(.*)$/;
const underline = /^ {0,3}(?:=+|-+)\s*$/;
const rule = /^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/;
const quote = /^ {0,3}> ?/;
const bullet = /^( {0,3})([-*+]|(\d{1,9})[.)])(?=\s|$)(.*)$/;
const task = /^\[([ xX])\]\s+(?=\S)/;
const delimiters = /^ {0,3}\|? *:?-+:? *(?:\| *:?-+:? *)*\|?\s*$/;
const definition =
  /^ {0,3}\[((?:\\.|[^[\]\\]){1,999})\]:[ \t]*(?:\n[ \t]*)?(?:<([^<>\n]*)>|([^<\s]\S*))(?:(?:[ \t]+|[ \t]*\n[ \t]*)(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\((?:\\.|[^()\\\n])*\)))?[ \t]*(?:\n|$)/;
const html =
  /^ {0,3}<(?:(!--)|(?:(script|pre|style|textarea)|\/?(?:article|aside|blockquote|body|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|head|header|hr|html|iframe|li|link|main|menu|nav|ol|option|p|section|summary|table|tbody|td|tfoot|th|thead|title|tr|ul))(?=[\s/>]|$))/i;

const isBlank = (line: string | undefined): boolean => line === undefined || line.trim() === '';

/** With blanks for the tabs that it begins with; the text before it is `column` long. */
const expanded = (line: string, column = 0): string =>
  line.replace(/^[ \t]+/, (blanks) => {
    let width = column;
    for (const blank of blanks) width += blank === '\t' ? 4 - (width % 4) : 1;
    return ' '.repeat(width - column);
  });

const indentOf = (line: string): number => line.length - line.trimStart().length;

/**
 * @param text with `\n` at the ends of its lines
 * @param references what was defined before it; what it defines is added
 */
export function readMarkdown(text: string, references: References = {}): readonly BlockToken[] {
  const book: Book = { references, waiting: [] };
  const blocks = readBlocks(text, book, 0);
  for (const { tokens, text } of book.waiting)
    for (const token of readInline(text, references)) tokens.push(token);
  return blocks;
}

function readBlocks(text: string, book: Book, depth: number): readonly BlockToken[] {
  const sources = text.split('\n');
  const lines = sources.map((line) => expanded(line));
  const blocks: BlockToken[] = [];
  let at = 0;

  const inline = (source: string, tokens: InlineToken[] = []): readonly InlineToken[] => {
    book.waiting.push({ tokens, text: source });
    return tokens;
  };
  /** The lines up to there are the block's. */
  function add(end: number, block: DistributiveOmit<BlockToken, 'raw'>): void {
    const raw = sources.slice(at, end).join('\n') + (end < sources.length ? '\n' : '');
    if (raw !== '') blocks.push({ ...block, raw });
    at = end;
  }
  const line = (index: number): string => lines[index] ?? '';
  const isTable = (index: number): boolean => {
    const below = line(index + 1);
    return (
      /[:|]/.test(below) && delimiters.test(below) && cellsOf(line(index)).length === cellsOf(below).length
    );
  };
  const isList = (given: string): boolean => depth < maxDepth && bullet.test(given) && !rule.test(given);
  /** Whether what begins with a line ends a table; also a paragraph, which a table ends too. */
  function interrupts(index: number): boolean {
    const given = line(index);
    if (!special.test(given)) return false;
    const [, , sign, number, rest] = bullet.exec(given) ?? [];
    return (
      heading.test(given) ||
      rule.test(given) ||
      fence.test(given) ||
      html.test(given) ||
      (depth < maxDepth && quote.test(given)) ||
      (depth < maxDepth &&
        sign !== undefined &&
        !isBlank(rest) &&
        (number === undefined || Number(number) === 1))
    );
  }

  function readIndented(): void {
    let end = at;
    for (
      let next = at;
      next < lines.length && (line(next).startsWith('    ') || isBlank(line(next)));
      next += 1
    )
      if (!isBlank(line(next))) end = next + 1;
    const code = lines.slice(at, end).map((given) => given.slice(4));
    add(end, { type: 'code', text: code.join('\n'), lang: undefined });
  }

  function readFence([, indent = '', sign = '', info = '']: readonly (string | undefined)[]): void {
    let end = at + 1;
    while (end < lines.length && !endsFence(line(end), sign)) end += 1;
    const strip = new RegExp(`^ {0,${indent.length}}`);
    // Tabs in code stay, unless something before them is taken away.
    const code = sources
      .slice(at + 1, end)
      .map((source) => (indent === '' ? source : expanded(source).replace(strip, '')));
    if (end === lines.length && code.at(-1) === '') code.pop();
    const lang = unescaped(info.trim());
    add(Math.min(end + 1, lines.length), { type: 'code', text: code.join('\n'), lang: lang || undefined });
  }

  function readHtml(isRaw: string | undefined, isComment: boolean): void {
    let end = at;
    if (isComment || isRaw !== undefined) {
      const close = isComment ? '-->' : `</${isRaw}`;
      while (end < lines.length && !line(end).toLowerCase().includes(close.toLowerCase())) end += 1;
      end = Math.min(end + 1, lines.length);
    } else while (end < lines.length && !isBlank(line(end))) end += 1;
    add(end, { type: 'html', text: sources.slice(at, end).join('\n') });
  }

  function readQuote(): void {
    const inner: string[] = [];
    const lazy = createLaziness();
    let end = at;
    for (; end < lines.length; end += 1) {
      const given = line(end);
      const isQuoted = quote.test(given);
      if (!isQuoted && (isBlank(given) || !lazy.takes() || interrupts(end))) break;
      const stripped = isQuoted ? expanded(given.replace(quote, ''), 2) : given.trimStart();
      lazy.see(stripped);
      // A line that goes on a paragraph underlines nothing.
      inner.push(!isQuoted && underline.test(stripped) ? `\\${stripped}` : stripped);
    }
    add(end, { type: 'blockquote', tokens: readBlocks(inner.join('\n'), book, depth + 1) });
  }

  function readList(): void {
    const [, , sign = '', number] = bullet.exec(line(at)) ?? [];
    const kind = sign.at(-1);
    const items: string[][] = [];
    let isLoose = false;
    let end = at;
    for (let next = at; next < lines.length; ) {
      const found = bullet.exec(line(next));
      if (found === null || found[2]?.at(-1) !== kind || rule.test(line(next))) break;
      isLoose ||= items.length > 0 && end < next;
      const { content, end: itsEnd } = readItem(next, found);
      items.push(content);
      end = itsEnd;
      next = itsEnd;
      while (next < lines.length && isBlank(line(next))) next += 1;
    }
    const read = items.map((content) => {
      const [, checked] = task.exec(content[0] ?? '') ?? [];
      if (checked !== undefined) content[0] = content[0]?.replace(task, '') ?? '';
      const first = book.waiting.length;
      const tokens = readBlocks(content.join('\n'), book, depth + 1);
      const paragraph = book.waiting[first]?.tokens;
      const box = { type: 'checkbox', checked: checked !== ' ' } as const;
      if (checked !== undefined) paragraph?.push(box);
      isLoose ||= tokens.some(({ type }, index) => type === 'space' && index < tokens.length - 1);
      return {
        task: checked !== undefined,
        tokens: checked !== undefined && paragraph === undefined ? [box, ...tokens] : tokens,
      };
    });
    const start = number === undefined ? undefined : Number(number);
    const list: List = {
      type: 'list',
      ordered: number !== undefined,
      start,
      items: isLoose ? read : read.map((item) => ({ ...item, tokens: item.tokens.map(tight) })),
    };
    add(end, list);
  }

  /** The lines of an item, without what indents them. */
  function readItem(
    index: number,
    [, blanks = '', sign = '', , behind = '']: readonly (string | undefined)[],
  ) {
    const width = blanks.length + sign.length;
    const rest = expanded(behind, width);
    const space = indentOf(rest);
    const indent = width + (isBlank(rest) || space > 4 ? 1 : space);
    const content = [rest.slice(indent - width)];
    const lazy = createLaziness();
    lazy.see(content[0] ?? '');
    let end = index + 1;
    // An item that begins with a blank line has no second one.
    if (isBlank(rest) && isBlank(lines[end])) return { content, end };
    for (let next = end; next < lines.length; next += 1) {
      const given = line(next);
      if (!isBlank(given)) {
        const isInside = indentOf(given) >= indent;
        if (!isInside && (next > end || !lazy.takes() || isList(given) || interrupts(next))) break;
        for (; end < next; end += 1) content.push('');
        content.push(isInside ? given.slice(indent) : given.trimStart());
        end = next + 1;
      }
      lazy.see(isBlank(given) ? '' : (content.at(-1) ?? ''));
    }
    return { content, end };
  }

  function readTable(): void {
    const aligns = cellsOf(line(at + 1)).map(alignOf);
    const row = (given: string): readonly Cell[] => {
      const cells = cellsOf(given);
      return aligns.map((align, index) => ({ align, tokens: inline(cells[index] ?? '') }));
    };
    const header = row(line(at));
    let end = at + 2;
    const rows: (readonly Cell[])[] = [];
    for (; end < lines.length && !isBlank(line(end)) && !interrupts(end); end += 1) rows.push(row(line(end)));
    add(end, { type: 'table', header, rows });
  }

  function readParagraph(): void {
    let end = at + 1;
    while (
      end < lines.length &&
      !isBlank(line(end)) &&
      !underline.test(line(end)) &&
      !interrupts(end) &&
      !isTable(end)
    )
      end += 1;
    const said = lines
      .slice(at, end)
      .map((given) => given.trimStart())
      .join('\n')
      .trimEnd();
    const under = end < lines.length && underline.test(line(end)) ? line(end).trim() : undefined;
    if (under !== undefined)
      add(end + 1, { type: 'heading', depth: under.startsWith('=') ? 1 : 2, tokens: inline(said) });
    else add(end, { type: 'paragraph', text: said, tokens: inline(said) });
  }

  while (at < lines.length) {
    const given = line(at);
    const title = heading.exec(given);
    const fenced = fence.exec(given);
    const markup = html.exec(given);
    tag.lastIndex = indentOf(given);
    const reference = /^ {0,3}\[/.test(given) ? definition.exec(sources.slice(at, at + 3).join('\n')) : null;
    if (isBlank(given)) add(at + 1, { type: 'space' });
    else if (given.startsWith('    ')) readIndented();
    else if (fenced !== null) readFence(fenced);
    else if (title !== null) {
      const said = (title[2] ?? '').trim().replace(/(?:^|\s)#+$/, '');
      add(at + 1, { type: 'heading', depth: title[1]?.length ?? 1, tokens: inline(said.trim()) });
    } else if (rule.test(given)) add(at + 1, { type: 'hr' });
    else if (depth < maxDepth && quote.test(given)) readQuote();
    else if (isList(given)) readList();
    else if (markup !== null) readHtml(markup[2], markup[1] !== undefined);
    else if (tag.exec(given)?.[0] === given.trim() && !/^\s*<[!?]/.test(given)) readHtml(undefined, false);
    else if (reference !== null) {
      const name = labelOf(reference[1] ?? '');
      if (!Object.hasOwn(book.references, name))
        book.references[name] = unescaped(reference[2] ?? reference[3] ?? '');
      const breaks = reference[0].split('\n').length - 1;
      add(at + breaks + (reference[0].endsWith('\n') ? 0 : 1), { type: 'def' });
    } else if (isTable(at)) readTable();
    else readParagraph();
  }
  return blocks;
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

const endsFence = (line: string, sign: string): boolean => {
  const [, run = ''] = /^ {0,3}(`+|~+)\s*$/.exec(line) ?? [];
  return run.length >= sign.length && run[0] === sign[0];
};

/** In a list without blank lines a paragraph is text alone. */
const tight = (block: Token): Token => (block.type === 'paragraph' ? { ...block, type: 'text' } : block);

const cellsOf = (row: string): readonly string[] =>
  row
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));

function alignOf(cell: string): Cell['align'] {
  if (cell.endsWith(':')) return cell.startsWith(':') ? 'center' : 'right';
  return cell.startsWith(':') ? 'left' : null;
}

/** Whether a line that is not marked goes on the paragraph above it, inside of a quote or an item. */
function createLaziness() {
  let open: string | undefined;
  let isText = false;
  return {
    see(line: string): void {
      // What stands inside of further quotes and items counts as they do.
      const inner = line.replace(/^(?: *(?:>|[-*+]|\d{1,9}[.)])(?=\s|$))+/, '').trimStart();
      const [, , sign] = fence.exec(inner) ?? [];
      if (open !== undefined) {
        if (endsFence(inner, open)) open = undefined;
        isText = false;
      } else {
        open = sign;
        isText =
          inner !== '' &&
          (isText || !line.startsWith('    ')) &&
          sign === undefined &&
          !heading.test(inner) &&
          !rule.test(line);
      }
    },
    takes: (): boolean => isText,
  };
}
