/**
 * What models put around a title: LaTeX boxes, tags, JSON, fences and labels, in the languages that they write. All of it
 * is linear; the texts are short.
 */
import { undecorated } from './title-marks.ts';

/** Tags that hold an answer; behind their end comes nothing of it. */
const answerTags = new Set(
  (
    'title titles titel titre answer final_answer finalanswer final response reply output result text headline topic ' +
    'name conversation_title chat_title conversationtitle chattitle html body'
  ).split(' '),
);
/** Tags of a text's form, which may hold a part of it. */
const formTags = new Set('b strong i em u p div span code pre center mark h1 h2 h3 h4 h5 h6'.split(' '));

/** Commands of LaTeX that hold a text. */
const command =
  /\\(?:boxed|fbox|text(?:bf|it|rm|sf|tt|sc)?|math(?:rm|bf|it|sf|tt)|mbox|emph|title|(?:sub)?section\*?|operatorname)\s*\{/;

/** What a reply may say before its boxed answer. */
const beforeBox = /(?:^|[:：]|\b(?:is|ist|est|es|è|é)|[是は]|:\*\*)$/i;

/** The text inside of what it begins with, if that is a wrapper. */
export function unwrapped(text: string): string | undefined {
  return insideTag(text) ?? insideCommand(text) ?? insideFence(text);
}

function insideTag(text: string): string | undefined {
  const open = /^<([a-z][\w-]{0,30})(?:\s[^<>]{0,100})?>/i.exec(text);
  const name = open?.[1]?.toLowerCase() ?? '';
  const isForm = formTags.has(name);
  if (open === null || !(isForm || answerTags.has(name))) return undefined;
  const rest = text.slice(open[0].length);
  const end = rest.toLowerCase().indexOf(`</${name}>`);
  if (end < 0) return rest;
  const behind = isForm ? rest.slice(end + name.length + 3) : '';
  return rest.slice(0, end) + behind;
}

function insideCommand(text: string): string | undefined {
  const line = text.split('\n', 1)[0] ?? '';
  const found = command.exec(line);
  if (found === null) return undefined;
  const begin = found.index + found[0].length;
  let end = begin;
  for (let depth = 1; end < text.length; end++) {
    if (text[end] === '{') depth += 1;
    else if (text[end] === '}') depth -= 1;
    if (depth === 0) break;
  }
  const before = line.slice(0, found.index).replace(/[\s$*_`"'“„«([\\]+$/, '');
  const behind = text.slice(end + 1).split('\n', 1)[0] ?? '';
  // A title may speak of a command.
  return beforeBox.test(before) && !/[\p{L}\p{N}]/u.test(behind) ? text.slice(begin, end) : undefined;
}

/** A fence and its end on one line are marks of a text. */
function insideFence(text: string): string | undefined {
  const open = /^(?:`{3,}|~{3,})[ \t]*[\w+-]{0,20}[ \t]*(?:\n|$)/.exec(text);
  if (open === null) return undefined;
  const rest = text.slice(open[0].length);
  const end = rest.search(/^(?:`{3,}|~{3,})/m);
  return end < 0 ? rest : rest.slice(0, end);
}

const titleWords =
  'title|titel|titre|título|titulo|titolo|tytuł|tittel|otsikko|başlık|заголовок|название|标题|標題|タイトル|题目|題名|제목|' +
  'عنوان|العنوان|כותרת|शीर्षक|topic|subject|thema|betreff|sujet|tema|asunto|тема|主题|主題|headline';
const answerWords =
  'answer|response|reply|output|result|antwort|ergebnis|réponse|respuesta|resposta|risposta|odpowiedź|ответ|答案|回答|答え|' +
  '답변|답|الجواب|الإجابة|suggestion';

const label = new RegExp(
  String.raw`^(?:(?:sure|certainly|of course|okay|ok)[,.!]?\s+)?(?:here(?:['’]s| is)\s+)?` +
    String.raw`(?:(?:the|a|an|my|one|possible|suggested|proposed|short|new|final|generated|conversation|chat)\s+){0,4}` +
    String.raw`(?:(?:${titleWords})(?:\s+(?:suggestion|idea|option))?|${answerWords})` +
    String.raw`(?:\s+(?:of|for)\s+(?:this|the|your)\s+(?:conversation|chat))?(?:\s+(?:is|could be|ist|est|es))?` +
    String.raw`[*_\`]{0,3}\s*[:：][*_\`]{0,3}\s*`,
  'i',
);
const labelWithDash = /^(?:title|titel|titre|título|titolo|标题|タイトル|제목)\s+(?:[-–—]+|=)\s+/i;
const labelInBrackets = new RegExp(
  String.raw`^[[【(]\s*(?:${titleWords}|${answerWords})\s*[\]】)][*_\`]{0,3}\s*[:：]?\s*`,
  'i',
);
const mostLabels = 3;

/** Without "Title:" and the like before it. */
export function withoutLabel(text: string): string {
  let plain = text;
  for (let count = 0; count < mostLabels; count++) {
    const before = plain;
    plain = plain.replace(label, '').replace(labelWithDash, '').replace(labelInBrackets, '');
    if (plain === before) break;
  }
  return plain.replace(/\[\/[a-z_]{1,20}\]$/i, '');
}

/** Whether a line holds a label and nothing else. */
export function isLabel(line: string): boolean {
  return withoutLabel(`${undecorated(line)}:`) === '';
}

/** "Sure! Here is a title for this conversation:" */
export function isPreamble(line: string): boolean {
  return (
    /[:：](?:\*\*)?$/.test(line.replace(/\s+/g, '')) &&
    /^[\s*_#>-]*(?:sure|certainly|of course|okay|ok|here(?:['’]s| is| are| you go)|(?:a |the |one )?(?:possible |suggested )?title|hier (?:ist|sind)|voici|aquí|ecco|вот|以下|これ|다음)/i.test(
      line,
    )
  );
}

/** Names of the members of an object that hold a title, the surest first. */
const memberNames: readonly RegExp[] = [
  new RegExp(`^(?:\\w{0,20}[ _-]?)?(?:${titleWords}|name)$`, 'i'),
  new RegExp(`^(?:final[ _-]?)?(?:${answerWords}|text|content|message)$`, 'i'),
];
/** A member that holds a title, in what only looks like JSON. */
const looseMember = new RegExp(
  String.raw`["']?\b(?:${titleWords})["']?\s*[:=：]\s*(["'“])([^\n]{1,300}?)(?:["'”]|$)`,
  'im',
);
const deepest = 3;

/** A title in JSON, or in what looks like it; `undefined` where the text is no JSON, an empty text where it has no title. */
export function titleInJson(text: string): string | undefined {
  if (!/^[{[]/.test(text)) return undefined;
  const body = text.slice(0, endOfJson(text));
  // A line may begin with brackets.
  if (/^[^\n]*[\p{L}\p{N}]/u.test(text.slice(body.length))) return undefined;
  const value = parsed(body);
  if (value !== undefined) return titleIn(value, deepest) ?? '';
  const found = looseMember.exec(body)?.[2];
  if (found !== undefined) return found;
  return /["{}[\]]/.test(body.slice(1, -1)) ? '' : undefined;
}

/** The index behind the value that a text begins with. */
function endOfJson(text: string): number {
  let depth = 0;
  let isString = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (isString) {
      if (sign === '\\') at += 1;
      else if (sign === '"') isString = false;
    } else if (sign === '"') isString = true;
    else if (sign === '{' || sign === '[') depth += 1;
    else if (sign === '}' || sign === ']') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function titleIn(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || depth === 0) return undefined;
  if (Array.isArray(value)) return value.length === 1 ? titleIn(value[0], depth - 1) : undefined;
  const members = Object.entries(value);
  for (const names of memberNames) {
    const found = members.find(([name, held]) => typeof held === 'string' && names.test(name));
    if (found !== undefined) return found[1] as string;
  }
  for (const [, held] of members) {
    const found = typeof held === 'string' ? undefined : titleIn(held, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
