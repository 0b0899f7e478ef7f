/**
 * Turns reasoning that a model writes into its text into parts of their own, for all readers of answers alike.
 *
 * A mark such as `<think>` counts at the answer's beginning only, after blanks, and again right after reasoning has
 * ended; elsewhere it is text: in a code block, or where the answer speaks about the mark. Blanks around reasoning are
 * left out. Reasoning that never ends stays reasoning.
 *
 * Some templates open the reasoning in the prompt (DeepSeek, QwQ, Qwen3 by llama.cpp or vLLM without a parser), so that
 * the answer bears only the closing mark. Nothing is held back for that: the text goes out as text, and when a closing
 * mark comes that is not quoted and had no opening one before it, `text-was-reasoning` says what the text was. From then
 * on the model is one that was seen to think: its answers begin as reasoning, up to the closing mark. If there is none
 * and the answer ends by itself, it was an answer without reasoning; it is given as text, and the model is taken for an
 * ordinary one again. The same holds where a template opens the reasoning in OpenAI's harmony format, and the end of a
 * message and the beginning of the next one come alone.
 *
 * All is linear, and after the beginning a text without `<` and `◁` passes as it is.
 */
import type { ModelPart } from '../language-model.ts';
import { bareHeaderAt, HarmonyReader, isStrippedAt, strippedAnalysis } from './harmony.ts';
import {
  beginningMarks,
  closingMarks,
  endMarks,
  isOpeningQuote,
  isQuote,
  type Mark,
  markAt,
  marksInText,
  nextSign,
  nextSignOrBracket,
  type TextKind,
  turningMarks,
} from './reasoning-marks.ts';

/** What is known of a model, shared by its answers. */
export interface ThinkingHabit {
  /** Whether its last answer of that kind bore only a closing mark. */
  beginsInside: boolean;
}

/** More blanks than these are not held back, in characters. */
const mostBlanks = 512;

type State = 'beginning' | 'inside' | 'passing' | 'harmony';

export class ReasoningFilter {
  readonly #habit: ThinkingHabit;
  #state: State = 'beginning';
  /** The end of the text so far, which may be the beginning of a mark. */
  #held = '';
  /** The marks that end the reasoning. */
  #closing: readonly Mark[] = closingMarks;
  /** Whether marked reasoning came before; blanks that follow it are left out. */
  #thought = false;
  /** Whether the provider tells reasoning apart itself. */
  #isTold = false;
  /** Whether a closing mark without an opening one is looked for. */
  #watches = true;
  /** The reasoning that is a guess, since no mark has shown it to be one. */
  #guessed: string[] | undefined;
  /** Whether blanks at the beginning of the reasoning are being left out. */
  #leading = false;
  /** Blanks of reasoning, left out if nothing follows them. */
  #blanks = '';
  /** The last UTF-16 unit of the text so far, and the one before it; 0 at the beginning. */
  #last = 0;
  #secondLast = 0;
  #textParts = 0;
  #harmony: HarmonyReader | undefined;
  #out: ModelPart[] = [];

  constructor(habit: ThinkingHabit = { beginsInside: false }) {
    this.#habit = habit;
  }

  /** Filters `parts` from index `from` on, in place. The parts before it are those that it has given and nobody took. */
  take(parts: ModelPart[], from: number): void {
    for (let i = from; i < parts.length; i++) {
      const part = parts[i] as ModelPart;
      if (part.type === 'text' && this.#passes(part.text)) continue;
      if (part.type === 'usage') continue;
      if (part.type === 'reasoning' && this.#isTold && this.#held === '') continue;
      this.#rewrite(parts, i);
      return;
    }
  }

  /** The answer has broken off: appends what is held back of what was begun. */
  breakOff(parts: ModelPart[]): void {
    if (this.#state !== 'beginning') this.flush(parts);
  }

  /** Appends what is held back: the answer has ended. */
  flush(parts: ModelPart[]): void {
    this.#out = parts;
    const rest = this.#held;
    this.#held = '';
    this.#harmony?.flush(this.#emit);
    if (rest === '') return;
    if (this.#state === 'inside') {
      this.#reason(rest);
      return;
    }
    const isText = this.#state !== 'passing' || isOpeningQuote(this.#secondLast, this.#last);
    const kind = isText ? undefined : kindOfWhole(rest);
    if (kind === 'close') this.#recant();
    else if (kind !== 'end' && !(this.#thought && rest.trim() === '')) this.#emit('text', rest);
  }

  /** Whether a text needs no more than to be passed on. */
  #passes(text: string): boolean {
    if (this.#state !== 'passing' || this.#held !== '') return false;
    if (this.#watches) {
      if (nextSign(text, 0, this.#last) >= 0) return false;
      this.#noteEnd(text);
    }
    this.#textParts += 1;
    return true;
  }

  #rewrite(parts: ModelPart[], from: number): void {
    const rest = parts.splice(from);
    this.#out = parts;
    for (const part of rest) {
      switch (part.type) {
        case 'text':
          if (part.text !== '') this.#push(part.text);
          break;
        case 'reasoning':
          this.flush(parts);
          this.#watches = false;
          this.#isTold = true;
          if (this.#guessed !== undefined) this.#revoke();
          parts.push(part);
          break;
        case 'finish':
          this.flush(parts);
          if (this.#guessed !== undefined && part.reason === 'stop') this.#revoke();
          parts.push(part);
          break;
        case 'tool-call':
          this.flush(parts);
          parts.push(part);
          break;
        default:
          parts.push(part);
      }
    }
  }

  #push(text: string): void {
    let rest: string | undefined = this.#held + text;
    this.#held = '';
    while (rest !== undefined && rest !== '') rest = this.#step(rest);
  }

  /** Takes what can be taken in the present state, and gives what is left for the next one. */
  #step(text: string): string | undefined {
    switch (this.#state) {
      case 'beginning':
        return this.#begin(text);
      case 'inside':
        return this.#goOnInside(text);
      case 'passing':
        return this.#pass(text);
      case 'harmony':
        this.#harmony?.push(text, this.#emit);
        return undefined;
    }
  }

  #begin(text: string): string | undefined {
    const at = text.search(/\S/);
    if (at < 0 && text.length <= mostBlanks) {
      this.#held = text;
      return undefined;
    }
    const place = at < 0 ? undefined : markAt(text, at, beginningMarks);
    if (place === 'partial') {
      this.#held = text;
      return undefined;
    }
    if (place?.kind === 'message') {
      // Behind a header comes a text at once; who speaks of the token goes on with a blank.
      const after = text.slice(at + place.text.length);
      if (after === '') {
        this.#held = text;
        return undefined;
      }
      if (/^\S/.test(after)) return after;
    } else if (place !== undefined) return this.#beginWith(place, text, at);
    const isFirst = at >= 0 && !this.#thought && !this.#isTold;
    const header = isFirst && bareHeaderAt(text, at);
    // A single letter is no token of a header, and would be held back of many an answer.
    if (header === 'partial' && text.length - at > 1) {
      this.#held = text;
      return undefined;
    }
    if (header === true) return this.#readHarmony(text.slice(at), true);
    if (isFirst && isStrippedAt(text, at)) {
      this.#enter(turningMarks);
      this.#guessed = [text.slice(0, at) + strippedAnalysis];
      return text.slice(at + strippedAnalysis.length);
    }
    if (isFirst && this.#habit.beginsInside) {
      this.#enter(turningMarks);
      this.#guessed = [];
      return text;
    }
    this.#state = 'passing';
    if (!this.#thought || at < 0) return text;
    // The first line may be indented.
    const line = text.lastIndexOf('\n', at) + 1;
    return text.slice(line === 0 || line > at ? at : line);
  }

  #beginWith(mark: Mark, text: string, at: number): string {
    const after = text.slice(at + mark.text.length);
    if (mark.kind === 'open') this.#enter(closingMarks.filter(({ text: close }) => close === mark.close));
    else if (mark.kind === 'close') this.#thought = true;
    else return this.#readHarmony(text.slice(at));
    this.#watches = false;
    return after;
  }

  #readHarmony(text: string, startsInHeader = false): string {
    this.#state = 'harmony';
    this.#harmony = new HarmonyReader(startsInHeader);
    this.#watches = false;
    return text;
  }

  #enter(closing: readonly Mark[]): void {
    this.#state = 'inside';
    this.#closing = closing;
    this.#leading = true;
    this.#watches = false;
  }

  #goOnInside(text: string): string | undefined {
    for (let at = nextSignOrBracket(text, 0); at >= 0; at = nextSignOrBracket(text, at + 1)) {
      const place = markAt(text, at, this.#closing);
      if (place === undefined) continue;
      this.#reason(text.slice(0, at));
      if (place === 'partial') {
        this.#held = text.slice(at);
        return undefined;
      }
      this.#guessed = undefined;
      this.#blanks = '';
      this.#thought = true;
      if (place.kind === 'harmony') return this.#readHarmony(text.slice(at));
      this.#state = 'beginning';
      return text.slice(at + place.text.length);
    }
    this.#reason(text);
    return undefined;
  }

  #pass(text: string): string | undefined {
    if (!this.#watches) {
      this.#emit('text', text);
      return undefined;
    }
    for (let at = nextSign(text, 0, this.#last); at >= 0; at = nextSign(text, at + 1, 0)) {
      const place = markAt(text, at, marksInText);
      if (place === undefined) continue;
      // A closing mark at the text's end waits for the sign behind it, which may be a quote; the end of a message for more.
      const isOpenEnded =
        place !== 'partial' &&
        (place.kind === 'close' || place.kind === 'end') &&
        at + place.text.length === text.length;
      if (place === 'partial' || isOpenEnded) {
        this.#emitWatched(text.slice(0, at));
        this.#held = text.slice(at);
        return undefined;
      }
      this.#emitWatched(text.slice(0, at));
      const isQuoted = isOpeningQuote(this.#secondLast, this.#last);
      const after = text.charCodeAt(at + place.text.length);
      const isTurn = place.kind === 'harmony' && !isQuoted;
      const isClosing =
        !isQuoted && (place.kind === 'turn' || (place.kind === 'close' && !isMention(this.#last, after)));
      if (!isTurn && !isClosing) {
        this.#watches = false;
        this.#emit('text', text.slice(at));
        return undefined;
      }
      this.#recant();
      if (isTurn) return this.#readHarmony(text.slice(at));
      return text.slice(at + place.text.length);
    }
    this.#emitWatched(text);
    return undefined;
  }

  /** A closing mark has come alone: what was said before it was reasoning. */
  #recant(): void {
    const parts = this.#out;
    const here = parts.reduce((count, part) => (part.type === 'text' ? count + 1 : count), 0);
    if (here === this.#textParts) {
      parts.forEach((part, index) => {
        if (part.type === 'text') parts[index] = { type: 'reasoning', text: part.text };
      });
    } else parts.push({ type: 'text-was-reasoning' });
    this.#habit.beginsInside = true;
    this.#watches = false;
    this.#thought = true;
    this.#state = 'beginning';
  }

  /** The reasoning of this answer was its text. */
  #revoke(): void {
    const text = withoutEnd(this.#guessed?.join('') ?? '');
    this.#guessed = undefined;
    this.#habit.beginsInside = false;
    this.#state = 'passing';
    this.#emit('text', text);
  }

  #emitWatched(text: string): void {
    this.#noteEnd(text);
    this.#emit('text', text);
  }

  #noteEnd(text: string): void {
    if (text === '') return;
    this.#secondLast = text.length > 1 ? text.charCodeAt(text.length - 2) : this.#last;
    this.#last = text.charCodeAt(text.length - 1);
  }

  #reason(text: string): void {
    this.#guessed?.push(text);
    const begun = this.#leading ? text.trimStart() : text;
    if (begun === '') return;
    this.#leading = false;
    const end = begun.trimEnd();
    if (end !== '') {
      this.#emit('reasoning', this.#blanks + end);
      this.#blanks = begun.slice(end.length);
    } else this.#blanks += begun;
    if (this.#blanks.length <= mostBlanks) return;
    this.#emit('reasoning', this.#blanks);
    this.#blanks = '';
  }

  readonly #emit = (kind: TextKind, text: string): void => {
    if (text === '') return;
    if (kind === 'text') this.#textParts += 1;
    this.#out.push({ type: kind, text });
  };
}

/** Whether an answer speaks about a closing mark, by the UTF-16 units around it: a quote follows, or it is a word of a line. */
function isMention(before: number, after: number): boolean {
  return isQuote(after) || (before === 0x20 && after === 0x20);
}

/** The kind of the mark that a text is, where it is one and nothing else. */
function kindOfWhole(text: string): Mark['kind'] | undefined {
  return marksInText.find((mark) => mark.text === text.toLowerCase())?.kind;
}

/** Without the mark that ends the message, which is no part of it. */
function withoutEnd(text: string): string {
  const end = endMarks.find((mark) => text.endsWith(mark.text));
  return end === undefined ? text : text.slice(0, -end.text.length);
}
