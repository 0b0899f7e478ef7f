/** A Markdown text as it is read aloud: without marks, code and tables told by name. */
import { Lexer, type MarkedToken, type Token } from 'marked';
import { decodeEntities } from './entities.ts';

export interface PlainTextWords {
  /** Said in place of a block of code. */
  code(language: string | undefined): string;
  /** Said in place of a table. */
  table(rows: number): string;
}

/** The text, a line for each block. */
export function plainText(markdown: string, words: PlainTextWords): string {
  return blocksText(new Lexer({ gfm: true }).lex(markdown), words).trim();
}

function blocksText(tokens: readonly Token[], words: PlainTextWords): string {
  return tokens.map((token) => tokenText(token as MarkedToken, words)).join('');
}

function tokenText(token: MarkedToken, words: PlainTextWords): string {
  const inner = (tokens: readonly Token[] | undefined): string => blocksText(tokens ?? [], words);
  switch (token.type) {
    case 'space':
    case 'def':
    case 'hr':
    case 'checkbox':
      return '';
    case 'code':
      return `${words.code(languageOf(token.lang))}\n`;
    case 'table':
      return `${words.table(token.rows.length)}\n`;
    case 'list':
      return token.items.map((item) => `${inner(item.tokens).trim()}\n`).join('');
    case 'list_item':
      return inner(token.tokens);
    case 'heading':
    case 'paragraph':
      return `${inner(token.tokens)}\n`;
    case 'blockquote':
      return inner(token.tokens);
    case 'br':
      return '\n';
    case 'html':
      return /^<br\s*\/?>$/i.test(token.text.trim()) ? '\n' : token.text;
    case 'codespan':
    case 'escape':
      return token.text;
    case 'text':
      return token.tokens === undefined ? decodeEntities(token.text) : inner(token.tokens);
    case 'link':
    case 'strong':
    case 'em':
    case 'del':
      return inner(token.tokens);
    case 'image':
      return decodeEntities(token.text);
    default:
      return 'text' in token ? String((token as { text: unknown }).text) : '';
  }
}

/** The language of a fence's info string: its first word. */
export function languageOf(info: string | undefined): string | undefined {
  return info?.trim().split(/\s+/)[0] || undefined;
}
