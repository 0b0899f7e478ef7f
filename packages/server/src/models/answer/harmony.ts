/**
 * Reads a text in OpenAI's harmony format, which servers without a parser for gpt-oss pass on as it is:
 * `<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final<|message|>…<|return|>`.
 * Format: https://cookbook.openai.com/articles/openai-harmony
 */
import type { TextKind } from './reasoning-marks.ts';

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
      this.#turn(token);
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
  }

  #take(text: string, emit: Emit): void {
    if (text === '') return;
    if (this.#header !== undefined) {
      this.#header += text;
      if (this.#header.length <= longestHeader) return;
      const noHeader = this.#header;
      this.#header = undefined;
      emit('text', noHeader);
    } else if (!this.#isBetween || text.trim() !== '') emit(this.#kind, text);
  }

  #turn(token: Token): void {
    switch (token) {
      case '<|start|>':
        this.#isAddressed = false;
        this.#header = '';
        return;
      case '<|channel|>':
        this.#isAddressed = isAddressed(this.#header);
        this.#header = '';
        return;
      case '<|message|>':
        if (this.#header !== undefined) {
          this.#kind = this.#isAddressed || isAddressed(this.#header) ? 'reasoning' : kindOf(this.#header);
        }
        this.#header = undefined;
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
  return header !== undefined && /\sto=/.test(header);
}

function isBeginning(here: string): boolean {
  return tokens.some((token) => here.length < token.length && token.startsWith(here));
}
