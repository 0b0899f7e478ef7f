/**
 * What of a model's reply becomes a title. Models wrap titles in quotation marks, Markdown, JSON and preambles, think
 * aloud, repeat the request, decline, or go on with the conversation; what can't be cleaned is not taken.
 */
import { cutGraphemes } from '../../domain/text/graphemes.ts';
import { isRefusal } from '../../domain/text/refusals.ts';
import { trimEndOf } from '../../domain/text/trimming.ts';
import { isAround, undecorated } from './title-marks.ts';
import { maxTitleWords, type SpokenMessage } from './title-prompt.ts';
import { isLabel, isPreamble, titleInJson, unwrapped, withoutLabel } from './title-wrappers.ts';
import { isInScriptsOf } from './writing-systems.ts';

/** What was asked, and so is known of the title. */
export interface AskedTitle {
  /** The words of the request. */
  readonly ownWords: string;
  readonly spoken: readonly SpokenMessage[];
  /** Words that a title may have. */
  readonly maxWords: number;
}

/** Code points of a title, also of scripts without blanks. */
const maxLength = 80;
/** Characters of a reply that are looked at. */
const maxReply = 2000;
/** Lines and wrappers before a title that are passed over. */
const maxSteps = 16;
/** A line of more words is a sentence of an answer, no title, and so is one of more characters. */
const maxWordsOfLine = 16;
const maxLine = 1000;

const endOfSentence = /[.。！!]$/;

const nothingAsked: AskedTitle = { ownWords: '', spoken: [], maxWords: maxTitleWords };

/** Undefined if the reply holds no title. */
export function titleOf(reply: string, asked: AskedTitle = nothingAsked): string | undefined {
  let rest = withoutControls(reply.slice(0, maxReply)).trim();
  for (let steps = 0; rest !== '' && steps < maxSteps; steps++) {
    const inside = unwrapped(rest);
    if (inside !== undefined) {
      rest = inside.trim();
      continue;
    }
    const held = titleInJson(rest);
    if (held !== undefined) return titleOfLine(held.trim(), asked);
    if (beginsWithTag(rest) || isRefusal(rest) || isThinkingAloud(rest)) return undefined;
    const [line = ''] = rest.split('\n', 1);
    if (/[\p{L}\p{N}]/u.test(line) && !(line.length <= maxLine && (isPreamble(line) || isLabel(line))))
      return titleOfLine(line, asked);
    rest = rest.slice(line.length).trim();
  }
  return undefined;
}

/** Whether more of the reply can't change the title. */
export function isTitleComplete(reply: string): boolean {
  if (reply.length >= maxReply / 2 && !isThinkingAloud(reply)) return true;
  const end = reply.lastIndexOf('\n');
  return end > 0 && titleOf(reply.slice(0, end)) !== undefined;
}

/** The model goes on with the conversation as a script. */
const turn = /^(?:\*\*)?(?:user|assistant|human)(?:\*\*)?\s*[:：]/i;

function titleOfLine(line: string, asked: AskedTitle): string | undefined {
  if (line.length > maxLine) return undefined;
  const plain = undecorated(withoutLabel(undecorated(line))).replace(/\s+/gu, ' ');
  if (beginsWithTag(plain) || isRefusal(plain) || turn.test(plain)) return undefined;
  const sentence = firstSentence(plain);
  const words = sentence.split(' ');
  if (words.length > maxWordsOfLine || isOwnWords(sentence, asked.ownWords)) return undefined;
  // A whole sentence is the answer, or goes on with the conversation; its first words would name nothing.
  const isSentence = sentence !== plain || endOfSentence.test(trimEndOf(line, isAround));
  if (isSentence && (words.length > asked.maxWords || [...sentence].length > maxLength / 2)) return undefined;
  const title = undecorated(cutGraphemes(words.slice(0, asked.maxWords).join(' '), maxLength).toWellFormed());
  if (
    !/[\p{L}\p{N}]/u.test(title) ||
    /^\\\w+$/.test(title) ||
    isLabel(title) ||
    isOwnWords(title, asked.ownWords)
  )
    return undefined;
  return isInScriptsOf(
    title,
    asked.spoken.map(({ text }) => text),
  )
    ? title
    : undefined;
}

/** Also takes away what would turn the direction of the text around it, and ends at the marks of a chat template. */
function withoutControls(text: string): string {
  const end = text.search(/(?!^)(?:<\|[^|>\n]{0,40}\|>|<\/?s>|<(?:start|end)_of_turn>|<eos>|\[\/?INST\])/);
  return (end < 0 ? text : text.slice(0, end))
    .replace(/\r\n?/g, '\n')
    .replace(/[\u202a-\u202e\u2066-\u2069\ufeff]|(?![\n\t])\p{Cc}/gu, '');
}

function beginsWithTag(text: string): boolean {
  return /^[\s"'`*_]*(?:<[\p{L}/!|?]|◁|\[\/?(?:INST|THINK)\])/u.test(text);
}

/** "Okay, so the user wants a title": the thinking of a model that does not mark where it begins. */
function isThinkingAloud(text: string): boolean {
  return /^\s*(?:(?:okay|ok|alright|hmm+|well|so|now|first|wait)\s*,\s|(?:okay|ok|alright|hmm+|so|now)?,?\s*(?:the user['’]?s? (?:is|was|has|have|just|asks?|asked|wants?|wanted|needs?|said|says|wrote|writes|provided|question|message)|(?:i|we) (?:need|have|should|must|want) to|let me (?:think|see)|let['’]s (?:think|see)|i['’]m (?:asked|supposed)|thinking process))\b/i.test(
    text.slice(0, 200),
  );
}

/** The first of several sentences; a period after a short word is an abbreviation's. */
function firstSentence(text: string): string {
  const end = /[。！？](?=.)|[\p{L}\p{N}]{5}[.!](?=\s\p{Lu})/u.exec(text);
  return end === null ? text : undecorated(text.slice(0, end.index + end[0].length));
}

/** Words of every request for a title: alone they name nothing. */
const genericWords = new Set(
  (
    'a an the of this that for and new title titles titel titre título titolo untitled conversation conversations chat ' +
    'user assistant human ai model message messages system prompt language no none null undefined n response answer'
  ).split(' '),
);

/** So many words in a row, or a whole title of at least so few, stand in the request by no accident. */
const longestRun = 5;
const shortestRun = 3;

function isOwnWords(title: string, own: string): boolean {
  const words = wordsOf(title);
  if (words.every((word) => genericWords.has(word))) return true;
  const ours = ` ${wordsOf(own).join(' ')} `;
  const isOurs = (from: number, count: number): boolean =>
    ours.includes(` ${words.slice(from, from + count).join(' ')} `);
  if (words.length <= longestRun) return words.length >= shortestRun && isOurs(0, words.length);
  return words.some((_, from) => from + longestRun <= words.length && isOurs(from, longestRun));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
