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
  // OpenThinker and Sky-T1.
  { open: '<|begin_of_thought|>', close: '<|end_of_thought|>' },
];

/** A mark; an opening one has what closes it, `harmony` begins a text in OpenAI's harmony format. */
export interface Mark {
  readonly text: string;
  readonly kind: 'open' | 'close' | 'harmony';
  readonly close?: string;
}

export const closingMarks: readonly Mark[] = pairs.map(({ close }) => ({ text: close, kind: 'close' }));

/** What an answer may begin with. */
export const beginningMarks: readonly Mark[] = [
  ...pairs.map(({ open, close }) => ({ text: open, kind: 'open', close }) as const),
  ...closingMarks,
  { text: '<|channel|>', kind: 'harmony' },
  { text: '<|start|>', kind: 'harmony' },
];

/** The marks that are looked for in an answer that did not begin with one: those that begin with rare signs. */
export const marksInText: readonly Mark[] = beginningMarks.filter(
  ({ kind, text }) => kind !== 'harmony' && !text.startsWith('['),
);

/** What a place of a text holds: a mark, the beginning of one at the text's end (`partial`), or neither. */
export type Place = Mark | 'partial' | undefined;

const longestMark = Math.max(...beginningMarks.map(({ text }) => text.length));

export function markAt(text: string, at: number, marks: readonly Mark[]): Place {
  const here = text.slice(at, at + longestMark).toLowerCase();
  let isPartial = false;
  for (const mark of marks) {
    if (here.startsWith(mark.text)) return mark;
    if (here.length < mark.text.length && mark.text.startsWith(here)) isPartial = true;
  }
  return isPartial ? 'partial' : undefined;
}

/** The place of the next `<` or `◁` at which a mark may begin; -1 for none. */
export function nextSign(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x25c1 || (code === 0x3c && mayFollow(text.charCodeAt(at + 1)))) return at;
  }
  return -1;
}

/** As `nextSign`, but for `[` too. */
export function nextSignOrBracket(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x25c1 || ((code === 0x3c || code === 0x5b) && mayFollow(text.charCodeAt(at + 1))))
      return at;
  }
  return -1;
}

const followers: ReadonlySet<number> = new Set(
  beginningMarks.flatMap(({ text }) => [text.charCodeAt(1), text.toUpperCase().charCodeAt(1)]),
);

/** Whether a mark may go on so behind its first sign; NaN stands for the text's end. */
function mayFollow(code: number): boolean {
  return Number.isNaN(code) || followers.has(code);
}
