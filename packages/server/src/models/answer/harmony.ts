/**
 * Reads a text in OpenAI's harmony format, which servers without a parser for gpt-oss pass on as it is:
 * `<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final<|message|>…<|return|>`.
 * A template may have written the beginning of that into the prompt, so that the text begins inside a header (`bareHeaderAt`)
 * or inside a message; and a server may leave the tokens out and the words between them in (`isStrippedAt`).
 * Format: https://cookbook.openai.com/articles/openai-harmony
 */
import { isOpeningQuote, type TextKind } from './reasoning-marks.ts';

const tokens = [
  '<|channel|>',
  '<|message|>',
  '<|start|>',
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<|constrain|>',
] as const;
const longestToken = Math.max(...tokens.map((token) => token.length));
/** A header that is longer, in characters, is none. */
const longestHeader = 256;

/** What a header begins with, and what may follow in it, besides `to=` and the name of a tool. */
const firstWords = ['assistant', 'analysis', 'final', 'commentary'] as const;
const laterWords = ['json', 'code'] as const;
/** The tokens that may end a header which begins without one. */
const headerEnds: readonly string[] = [
  '<|channel|>',
  '<|message|>',
  '<|constrain|>',
] satisfies readonly Token[];

const role = 'assistant';

type Token = (typeof tokens)[number];
type Emit = (kind: TextKind, text: string) => void;

/** `analysis` and calls of tools are reasoning; `final`, and what `commentary` tells the user, are the answer. */
export class HarmonyReader {
  #held = '';
  /** The text between `<|channel|>` or `<|start|>` and `<|message|>`; undefined outside of it. */
  #header: string | undefined;
  #kind: TextKind = 'text';
  /** Whether the message is for a tool, as its header's `to=` says. */
  #isAddressed = false;
  /** Whether a message has ended, and no new one has begun. */
  #isBetween = false;
  /** What stands there, as long as it may be the role of the next message. */
  #between = '';
  /** The end of the message so far, as far as it tells whether a quote is opened. */
  #tail = '';
  /** The token that began the first message, while no message has begun: without one, the text is no harmony. */
  #first: string | undefined = '';

  /** `startsInHeader`: the text begins inside a header. */
  constructor(startsInHeader = false) {
    if (startsInHeader) this.#header = '';
  }

  push(text: string, emit: Emit): void {
    const all = this.#held + text;
    this.#held = '';
    let done = 0;
    for (let at = all.indexOf('<|'); at >= 0; at = all.indexOf('<|', at + 1)) {
      const here = all.slice(at, at + longestToken);
      const token = tokens.find((one) => here.startsWith(one));
      if (token === undefined) {
        if (!isBeginning(here)) continue;
        this.#take(all.slice(done, at), emit);
        this.#held = all.slice(at);
        return;
      }
      this.#take(all.slice(done, at), emit);
      if (this.#isSpokenOf(token)) this.#take(token, emit);
      else this.#turn(token);
      done = at + token.length;
      at = done - 1;
    }
    const end = all.endsWith('<') && done < all.length ? all.length - 1 : all.length;
    this.#take(all.slice(done, end), emit);
    this.#held = all.slice(end);
  }

  /** The text is over: gives what was held back. */
  flush(emit: Emit): void {
    const rest = this.#held;
    this.#held = '';
    this.#take(rest, emit);
    if (this.#header !== undefined && this.#first !== undefined) emit('text', this.#first + this.#header);
    this.#header = undefined;
  }

  #take(text: string, emit: Emit): void {
    if (text === '') return;
    if (this.#header !== undefined) {
      this.#header += text;
      if (this.#header.length <= longestHeader) return;
      const noHeader = (this.#first ?? '') + this.#header;
      this.#header = undefined;
      emit('text', noHeader);
    } else if (this.#isBetween) this.#takeBetween(text, emit);
    else {
      this.#tail = (this.#tail + text).slice(-2);
      emit(this.#kind, text);
    }
  }

  /** Whether a token stands in a message as a part of it: in quotes, or where it would have no sense. */
  #isSpokenOf(token: Token): boolean {
    if (this.#header !== undefined || this.#isBetween || this.#first !== undefined) return false;
    if (token === '<|message|>' || token === '<|constrain|>') return true;
    return isOpeningQuote(
      this.#tail.length > 1 ? this.#tail.charCodeAt(0) : 0,
      this.#tail.charCodeAt(this.#tail.length - 1),
    );
  }

  /** Some servers leave `<|start|>` out, so that the role stands between two messages. */
  #takeBetween(text: string, emit: Emit): void {
    this.#between += text;
    const word = this.#between.trim();
    if (role.startsWith(word) && this.#between.length <= longestHeader) return;
    if (word !== '') emit(this.#kind, this.#between);
    this.#between = '';
  }

  #turn(token: Token): void {
    this.#between = '';
    this.#tail = '';
    switch (token) {
      case '<|start|>':
        if (this.#first === '') this.#first = token;
        this.#isAddressed = false;
        this.#header = '';
        return;
      case '<|channel|>':
        if (this.#first === '' && !this.#header) this.#first = token;
        this.#isAddressed = isAddressed(this.#header);
        this.#header = '';
        return;
      case '<|message|>':
        if (this.#header !== undefined) {
          this.#kind = this.#isAddressed || isAddressed(this.#header) ? 'reasoning' : kindOf(this.#header);
        }
        this.#header = undefined;
        this.#first = undefined;
        this.#isBetween = false;
        return;
      case '<|constrain|>':
        return;
      case '<|end|>':
      case '<|return|>':
      case '<|call|>':
        this.#header = undefined;
        this.#kind = 'text';
        this.#isBetween = true;
    }
  }
}

/** A message without a channel is the answer's. */
function kindOf(header: string): TextKind {
  const channel = header.trim();
  return channel === '' || /^(assistant$|final\b|commentary\b)/.test(channel) ? 'text' : 'reasoning';
}

function isAddressed(header: string | undefined): boolean {
  return header !== undefined && /(?:^|\s)to=/.test(header);
}

function isBeginning(here: string): boolean {
  return tokens.some((token) => here.length < token.length && token.startsWith(here));
}

/**
 * Whether a header without the token before it stands at a place of a text: `analysis<|message|>`,
 * `commentary to=functions.f <|constrain|>json<|message|>`, `assistant<|channel|>…`. `partial`: the text ends inside of
 * what may become one.
 */
export function bareHeaderAt(text: string, at: number): boolean | 'partial' {
  const end = text.indexOf('<', at);
  const length = (end < 0 ? text.length : end) - at;
  if (length > longestHeader) return false;
  const words = text.slice(at, at + length).split(/\s+/);
  if (end < 0) return areHeaderWords(words, true) ? 'partial' : false;
  if (words.at(-1) === '') words.pop();
  if (!areHeaderWords(words, false)) return false;
  const here = text.slice(end, end + longestToken);
  if (headerEnds.some((token) => here.startsWith(token))) return true;
  return headerEnds.some((token) => token.startsWith(here)) ? 'partial' : false;
}

/** `isOpen`: the last word may go on. */
function areHeaderWords(words: readonly string[], isOpen: boolean): boolean {
  return (
    words.length > 0 &&
    words.every((word, index) => {
      const known: readonly string[] = index === 0 ? firstWords : laterWords;
      if (word.startsWith('to=') || known.includes(word)) return true;
      return isOpen && index === words.length - 1 && ['to=', ...known].some((one) => one.startsWith(word));
    })
  );
}

/** What a text begins with whose tokens were left out: `analysisThe user asks.assistantfinalHello`. */
export const strippedAnalysis = 'analysis';

export function isStrippedAt(text: string, at: number): boolean {
  const next = at + strippedAnalysis.length;
  return text.startsWith(strippedAnalysis, at) && /^[\p{Lu}\p{Lo}]/u.test(text.slice(next, next + 2));
}
