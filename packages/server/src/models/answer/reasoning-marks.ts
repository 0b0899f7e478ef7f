/** The marks by which models tell their reasoning from their answer inside one text, and how a text is searched for them. */

/** The parts of an answer that are told from each other. */
export type TextKind = 'text' | 'reasoning';

interface MarkPair {
  readonly open: string;
  readonly close: string;
}

/** In lower case. Texts are compared without case. */
const pairs: readonly MarkPair[] = [
  // DeepSeek R1, Qwen, QwQ, GLM, MiniMax, Nemotron, Hunyuan and most others.
  { open: '<think>', close: '</think>' },
  { open: '<thinking>', close: '</thinking>' },
  // Gemini's OpenAI endpoint.
  { open: '<thought>', close: '</thought>' },
  { open: '<thoughts>', close: '</thoughts>' },
  { open: '<reasoning>', close: '</reasoning>' },
  // Seed-OSS.
  { open: '<seed:think>', close: '</seed:think>' },
  // Kimi-VL and Kimi K1.5.
  { open: '◁think▷', close: '◁/think▷' },
  // Magistral.
  { open: '[think]', close: '[/think]' },
  // Command A Reasoning.
  { open: '<|start_thinking|>', close: '<|end_thinking|>' },
  // Gemma 4.
  { open: '<|channel>thought', close: '<channel|>' },
  // LongCat.
  { open: '<longcat_think>', close: '</longcat_think>' },
  // OpenThinker and Sky-T1.
  { open: '<|begin_of_thought|>', close: '<|end_of_thought|>' },
];

/**
 * A mark. An opening one has what closes it. `harmony` begins a text in OpenAI's harmony format, or one of its messages;
 * `message` begins the message itself, behind a header that the template wrote, `end` ends one, and `turn` stands between
 * two where a server leaves the tokens out.
 */
export interface Mark {
  readonly text: string;
  readonly kind: 'open' | 'close' | 'harmony' | 'message' | 'end' | 'turn';
  readonly close?: string;
}

export const closingMarks: readonly Mark[] = pairs.map(({ close }) => ({ text: close, kind: 'close' }));

/** Where a message of the harmony format ends and the model's next one begins. */
const harmonyTurns: readonly Mark[] = [
  '<|end|><|start|>assistant',
  '<|end|>\n<|start|>assistant',
  '<|end|>assistant<|channel|>',
  '<|end|><|channel|>',
  '<|start|>assistant<|channel|>',
].map((text) => ({ text, kind: 'harmony' }));

/** What stands between reasoning and answer of that format where a server leaves its tokens out. */
const strippedTurn: Mark = { text: 'assistantfinal', kind: 'turn' };

/** What ends a message, in the harmony format and in others, where a server passes it on. */
export const endMarks: readonly Mark[] = [
  '<|end|>',
  '<|return|>',
  '<|im_end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<|end_of_turn|>',
].map((text) => ({ text, kind: 'end' }));

/** What an answer may begin with. */
export const beginningMarks: readonly Mark[] = [
  ...pairs.map(({ open, close }) => ({ text: open, kind: 'open', close }) as const),
  ...closingMarks,
  ...harmonyTurns,
  { text: '<|channel|>', kind: 'harmony' },
  { text: '<|start|>', kind: 'harmony' },
  { text: '<|message|>', kind: 'message' },
];

/** What ends the reasoning of an answer that began inside of it. */
export const turningMarks: readonly Mark[] = [...closingMarks, ...harmonyTurns, strippedTurn];

/**
 * The marks that are looked for in an answer that did not begin with one: those that begin with rare signs. A text that
 * speaks of the harmony format names another token than a turn's first, which counts as an opening mark.
 */
export const marksInText: readonly Mark[] = [
  ...beginningMarks.filter(
    ({ kind, text }) => (kind === 'open' || kind === 'close') && !text.startsWith('['),
  ),
  ...harmonyTurns,
  strippedTurn,
  { text: '<|start|>', kind: 'open' },
  { text: '<|channel|>', kind: 'open' },
  { text: '<|message|>', kind: 'open' },
  ...endMarks,
];

/** What a place of a text holds: a mark, the beginning of one at the text's end (`partial`), or neither. */
export type Place = Mark | 'partial' | undefined;

const longestMark = Math.max(...[...beginningMarks, ...marksInText].map(({ text }) => text.length));

/** The longest mark counts; while one that is longer may still come, the place is `partial`. */
export function markAt(text: string, at: number, marks: readonly Mark[]): Place {
  const here = text.slice(at, at + longestMark).toLowerCase();
  let found: Mark | undefined;
  for (const mark of marks) {
    if (here.length < mark.text.length) {
      if (mark.text.startsWith(here)) return 'partial';
    } else if (mark.text.length > (found?.text.length ?? 0) && here.startsWith(mark.text)) found = mark;
  }
  return found;
}

/**
 * The next place at which one of `marksInText` may begin; -1 for none. `last` is the UTF-16 unit before the text. What
 * begins with a letter counts behind a letter or a full stop alone, so that the end of no chunk is held for it else.
 */
export function nextSign(text: string, from: number, last: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x25c1 || (code === 0x3c && mayFollow(text.charCodeAt(at + 1)))) return at;
    if (code === 0x61 && (at > 0 ? text.charCodeAt(at - 1) : last) > 0x20 && mayTurn(text, at)) return at;
  }
  return -1;
}

/** As `nextSign`, but for `[` too, and behind anything. */
export function nextSignOrBracket(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x25c1 || ((code === 0x3c || code === 0x5b) && mayFollow(text.charCodeAt(at + 1))))
      return at;
    if (code === 0x61 && (at + 1 === text.length || mayTurn(text, at))) return at;
  }
  return -1;
}

/** Whether an `a` may begin `strippedTurn`. */
function mayTurn(text: string, at: number): boolean {
  // At the end of a chunk a letter alone is not held back for it: in many languages every tenth word ends with it.
  if (text.charCodeAt(at + 1) !== 0x73) return false;
  return strippedTurn.text.startsWith(text.slice(at, at + strippedTurn.text.length));
}

const followers: ReadonlySet<number> = new Set(
  beginningMarks.flatMap(({ text }) => [text.charCodeAt(1), text.toUpperCase().charCodeAt(1)]),
);

/** Whether a mark may go on so behind its first sign; NaN stands for the text's end. */
function mayFollow(code: number): boolean {
  return Number.isNaN(code) || followers.has(code);
}

/** Whether a quote that is opened stands at a place. One behind a word closes what was quoted, as in `It says "hi"</think>`. */
export function isOpeningQuote(before: number, quote: number): boolean {
  return (
    isQuote(quote) &&
    (before === 0 || isQuote(before) || /[\s\p{Ps}\p{Pd}:=/]/u.test(String.fromCharCode(before)))
  );
}

/** Signs that quote the mark beside them: ` ' " and typographic quotes. */
export function isQuote(code: number): boolean {
  return code === 0x60 || code === 0x27 || code === 0x22 || (code >= 0x2018 && code <= 0x201f);
}
