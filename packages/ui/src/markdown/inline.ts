/** What stands in a line: CommonMark's inlines, with GFM's addresses and strikethrough. The work grows with the text's length. */
import { type InlineToken, labelOf, type References } from './tokens.ts';

/** Signs that may turn out to mean something: a run of `*`, `_` or `~`, or the beginning of a link. */
interface Mark {
  readonly type: 'mark';
  readonly sign: string;
  /** How many there are. */
  readonly length: number;
  readonly opens: boolean;
  readonly closes: boolean;
}
type Piece = InlineToken | Mark;

/** What follows can't stand inside of more marks than these: it is drawn by functions that call themselves. */
const maxOpen = 100;

const plain = /(?:[^\\`<*_~[\]!\n]|(?<=[^\W_])_+(?=[^\W_]))+/y;
export const tag =
  /<(?:!--[\s\S]{0,5000}?-->|\/[a-z][\w-]*\s*>|[a-z][\w-]*(?:\s+[\w:.-]+(?:\s*=\s*(?:[^\s"'=<>`]+|"[^"]{0,2000}"|'[^']{0,2000}'))?)*\s*\/?>|[!?][^<>]{0,2000}>)/iy;
const bracketed = /<([a-z][a-z\d+.-]{1,31}:[^\s<>]*|[\w.!#$%&'*+/=?^{|}~-]+@[a-z\d-]+(?:\.[a-z\d-]+)+)>/iy;
const address =
  /(?<![\p{L}\d_])(?:https?:\/\/|www\.)(?=[\p{L}\d])|(?<![\w.+-])[\w.+-]+@[a-z\d-]+(?:\.[a-z\d-]*[a-z\d])+(?![-\w])/giu;
const web = /[^\s<]+/y;
const webInLabel = /[^\s<\]]+/y;
const target =
  /\(\s*(?:<((?:\\.|[^\n<>\\])*)>|((?:\\.|\((?:\\.|[^\s()\\])*\)|[^\s()\\])*))(?:\s+(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\((?:\\.|[^()\\])*\)))?\s*\)/y;
const label = /\[((?:\\.|[^[\]\\]){0,999})\]/y;
const punctuation = /[\p{P}\p{S}]/u;

/** Without the backslashes before punctuation. */
export const unescaped = (text: string): string => text.replace(/\\([!-/:-@[-`{-~])/g, '$1');

export function readInline(text: string, references: References): readonly InlineToken[] {
  const pieces: Piece[] = [];
  /** Beginnings of links and images: where they stand among the pieces, and the end of each in the text. */
  const brackets: { readonly piece: number; readonly end: number; readonly isImage: boolean }[] = [];
  /** How many of these are no links any more, since there is a link in them. */
  let spent = 0;
  /** Lengths of backticks of which no run is left. */
  const missing = new Set<number>();
  let at = 0;

  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const say = (said: string): void => append(pieces, { type: 'text', text: said });
  const link = (href: string, said: string): void =>
    void pieces.push({
      type: 'link',
      href,
      text: said,
      tokens: [{ type: 'text', text: said }],
      autolink: true,
    });

  /** Text without marks, in which there may be addresses; one of the web goes on behind it. */
  function readPlain(run: string): void {
    const begin = at;
    const end = at + run.length;
    while (at < end) {
      address.lastIndex = at - begin;
      const found = address.exec(run);
      const place = found?.index ?? run.length;
      say(run.slice(at - begin, place));
      at = begin + place;
      if (found === null) return;
      const [start] = found;
      const isMail = start.includes('@');
      const said = isMail ? start : withoutEnd(match(brackets.length > 0 ? webInLabel : web)?.[0] ?? start);
      link(isMail ? `mailto:${said}` : /^w/i.test(said) ? `http://${said}` : said, said);
      at += said.length;
    }
  }

  function readCode(): void {
    const [run = ''] = match(/`+/y) ?? [];
    const begin = at + run.length;
    at = begin;
    const end = missing.has(run.length) ? undefined : endOfCode(text, begin, run.length);
    if (end === undefined) {
      missing.add(run.length);
      say(run);
      return;
    }
    const inner = text.slice(begin, end).replaceAll('\n', ' ');
    const isPadded = inner.startsWith(' ') && inner.endsWith(' ') && inner.trim() !== '';
    pieces.push({ type: 'codespan', text: isPadded ? inner.slice(1, -1) : inner });
    at = end + run.length;
  }

  function readAngle(): void {
    const found = match(bracketed);
    const html = found === null ? match(tag) : null;
    if (found !== null) {
      const [, said = ''] = found;
      link(/^[a-z][a-z\d+.-]*:/i.test(said) ? said : `mailto:${said}`, said);
    } else if (html === null) say('<');
    else pieces.push({ type: 'html', text: html[0] });
    at += (found ?? html)?.[0].length ?? 1;
  }

  function readRun(sign: string): void {
    let end = at;
    while (text[end] === sign) end += 1;
    const before = [...text.slice(Math.max(0, at - 2), at)].at(-1) ?? ' ';
    const after = String.fromCodePoint(text.codePointAt(end) ?? 32);
    const [isBlankBefore, isBlankAfter] = [/\s/.test(before), /\s/.test(after)];
    const [isSignBefore, isSignAfter] = [punctuation.test(before), punctuation.test(after)];
    // CommonMark §6.2: left- and right-flanking.
    const left = !isBlankAfter && (!isSignAfter || isBlankBefore || isSignBefore);
    const right = !isBlankBefore && (!isSignBefore || isBlankAfter || isSignAfter);
    const isInWord = left && right && sign === '_';
    const length = end - at;
    pieces.push({
      type: 'mark',
      sign,
      length,
      opens: left && (!isInWord || isSignBefore) && (sign !== '~' || length < 3),
      closes: right && (!isInWord || isSignAfter) && (sign !== '~' || length < 3),
    });
    at = end;
  }

  function readBracket(isImage: boolean): void {
    const sign = isImage ? '![' : '[';
    at += sign.length;
    brackets.push({ piece: pieces.length, end: at, isImage });
    pieces.push({ type: 'mark', sign, length: 1, opens: false, closes: false });
  }

  function readEnd(): void {
    const begin = brackets.pop();
    const isSpent = brackets.length < spent;
    spent = Math.min(spent, brackets.length);
    const said = begin === undefined ? '' : text.slice(begin.end, at);
    at += 1;
    if (begin === undefined || (isSpent && !begin.isImage)) {
      say(']');
      return;
    }
    const found = match(target);
    const named = found === null ? match(label) : null;
    const name = labelOf(named?.[1] || said);
    const href =
      found === null
        ? Object.hasOwn(references, name)
          ? references[name]
          : undefined
        : unescaped(found[1] ?? found[2] ?? '');
    if (href === undefined) {
      say(']');
      return;
    }
    at += (found ?? named)?.[0].length ?? 0;
    const inner = pieces.splice(begin.piece).slice(1);
    if (begin.isImage) {
      pieces.push({ type: 'image', href, text: unescaped(said) });
      return;
    }
    // A link holds no link.
    const tokens = emphasize(
      inner.flatMap((piece): readonly Piece[] => (piece.type === 'link' ? piece.tokens : [piece])),
    );
    pieces.push({ type: 'link', href, text: said, tokens, autolink: false });
    spent = brackets.length;
  }

  function readLineEnd(): void {
    const last = pieces.at(-1);
    const isBreak = last?.type === 'text' && last.text.endsWith('  ');
    if (last?.type === 'text') pieces[pieces.length - 1] = { type: 'text', text: last.text.trimEnd() };
    if (isBreak) pieces.push({ type: 'br' });
    else say('\n');
    at += 1;
    at += match(/ */y)?.[0].length ?? 0;
  }

  while (at < text.length) {
    const sign = text[at] ?? '';
    const next = text[at + 1] ?? '';
    if (sign === '\\') {
      if (next === '\n') pieces.push({ type: 'br' });
      else if (/[!-/:-@[-`{-~]/.test(next)) pieces.push({ type: 'escape', text: next });
      else {
        say(sign);
        at -= 1;
      }
      at += 2;
    } else if (sign === '`') readCode();
    else if (sign === '<') readAngle();
    else if (sign === '*' || sign === '_' || sign === '~') readRun(sign);
    else if (sign === '[' || (sign === '!' && next === '[')) readBracket(sign === '!');
    else if (sign === ']') readEnd();
    else if (sign === '\n') readLineEnd();
    else if (sign === '!') {
      say(sign);
      at += 1;
    } else readPlain(match(plain)?.[0] ?? sign);
  }
  return emphasize(pieces);
}

function append(tokens: Piece[], token: Piece): void {
  const last = tokens.at(-1);
  if (token.type === 'text' && last?.type === 'text')
    tokens[tokens.length - 1] = { type: 'text', text: last.text + token.text };
  else if (token.type !== 'text' || token.text !== '') tokens.push(token);
}

function endOfCode(text: string, begin: number, length: number): number | undefined {
  for (let at = text.indexOf('`', begin); at !== -1; ) {
    let end = at;
    while (text[end] === '`') end += 1;
    if (end - at === length) return at;
    at = text.indexOf('`', end);
  }
  return undefined;
}

/** An address without what belongs to the sentence around it. */
function withoutEnd(given: string): string {
  const address = given.replace(/(?:&[a-z\d]+;)+$/i, '');
  let end = address.length;
  let open = 0;
  for (const sign of address) open += sign === '(' ? 1 : sign === ')' ? -1 : 0;
  for (; end > 0; end -= 1) {
    const last = address[end - 1] ?? '';
    if (last === ')' && open < 0) open += 1;
    else if (!'?!.,:;*_~\'"'.includes(last)) break;
  }
  return address.slice(0, end);
}

interface OpenMark {
  readonly mark: Mark;
  /** Where its text stands in the result. */
  readonly place: number;
  left: number;
}

/** CommonMark's "process emphasis", in one pass: what a mark encloses is the end of the result. */
function emphasize(pieces: readonly Piece[]): readonly InlineToken[] {
  const result: Piece[] = [];
  const open: OpenMark[] = [];
  /** Below this many open marks there is none for a mark of this kind. */
  const floors = new Map<string, number>();
  for (const piece of pieces) {
    if (piece.type !== 'mark') {
      result.push(piece);
      continue;
    }
    let left = piece.length;
    while (piece.closes && left > 0) {
      const kind = `${piece.sign}${piece.length % 3}${piece.opens}${piece.sign === '~' ? left : ''}`;
      let index = open.length - 1;
      const floor = floors.get(kind) ?? 0;
      while (index >= floor && !fits(open[index], piece, left)) index -= 1;
      const opener = index >= floor ? open[index] : undefined;
      if (opener === undefined) {
        floors.set(kind, open.length);
        break;
      }
      open.length = index + 1;
      const used = piece.sign === '~' ? left : Math.min(opener.left, left, 2);
      const type = piece.sign === '~' ? 'del' : used === 2 ? 'strong' : 'em';
      const tokens = toTokens(result.splice(opener.place + 1));
      opener.left -= used;
      left -= used;
      if (opener.left === 0) {
        open.pop();
        result.pop();
      } else result[opener.place] = { ...opener.mark, length: opener.left };
      result.push({ type, tokens });
      for (const [known, value] of floors) floors.set(known, Math.min(value, open.length));
    }
    if (left === 0) continue;
    const mark = { ...piece, length: left };
    if (piece.opens && open.length < maxOpen) open.push({ mark: piece, place: result.length, left });
    result.push(mark);
  }
  return toTokens(result);
}

function fits(opener: OpenMark | undefined, closer: Mark, left: number): boolean {
  if (opener === undefined || opener.mark.sign !== closer.sign) return false;
  if (closer.sign === '~') return opener.left === left;
  // Rule 9: a sum of three is of two marks, unless both are of three.
  const isEither = opener.mark.closes || closer.opens;
  const [one, other] = [opener.mark.length, closer.length];
  return !isEither || (one + other) % 3 !== 0 || (one % 3 === 0 && other % 3 === 0);
}

/** Marks that mean nothing are text. */
function toTokens(pieces: readonly Piece[]): readonly InlineToken[] {
  const tokens: Piece[] = [];
  for (const piece of pieces)
    append(tokens, piece.type === 'mark' ? { type: 'text', text: piece.sign.repeat(piece.length) } : piece);
  return tokens as readonly InlineToken[];
}
