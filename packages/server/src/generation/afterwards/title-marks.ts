/** The marks of Markdown and the quotation marks around a title. */
import { trimEndOf } from '../../domain/text/trimming.ts';

/** Signs that end a text: Markdown's marks, those that end a sentence, those that may stand behind its end. */
const isMark = (unit: string): boolean => /[\s*_~`]/.test(unit);
const isStop = (unit: string): boolean => /[.。،۔।,;:：、，；…\s]/.test(unit);
export const isAround = (unit: string): boolean => /["'”»」*_`\s]/.test(unit);

/** Without Markdown's marks, quotation marks around the whole, and the full stop of a sentence. */
export function undecorated(text: string): string {
  let plain = text.trim();
  for (let before = ''; before !== plain; ) {
    before = plain;
    const begun = plain
      .replace(/^(?:#{1,6}|[-*+>•]|\d{1,2}[.)])\s+/, '')
      .replace(/^(\*{1,3}|_{1,3}|~~|`{1,3})(?=\S)/, '');
    plain = unquoted(trimEndOf(trimEndOf(begun, isMark), isStop)).trim();
  }
  return plain;
}

const quotes: readonly (readonly [open: string, close: string])[] = [
  ['"', '"'],
  ["'", "'"],
  ['“', '”'],
  ['„', '“'],
  ['”', '”'],
  ['‘', '’'],
  ['«', '»'],
  ['»', '«'],
  ['「', '」'],
  ['『', '』'],
  ['《', '》'],
  ['〈', '〉'],
  ['【', '】'],
  ['[', ']'],
  ['(', ')'],
  ['（', '）'],
  ['{', '}'],
];

/** Takes away quotation marks that hold the whole text, or that were opened or closed only. */
function unquoted(text: string): string {
  for (const [open, close] of quotes) {
    const opened = text.startsWith(open);
    const closed = text.endsWith(close) && text.length > 1;
    const inside = text.slice(opened ? open.length : 0, closed ? -close.length : undefined);
    if (!opened && !closed) continue;
    if (opened && closed && !inside.includes(open) && !inside.includes(close)) return inside;
    if (opened && !closed && !inside.includes(close)) return inside;
    if (!opened && closed && !inside.includes(open) && close !== "'" && close !== '’') return inside;
  }
  return text;
}
