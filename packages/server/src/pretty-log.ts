/**
 * Makes a log line readable for a person at a terminal: local time, level, message, fields, and an error's stack below.
 * What strangers have written (a provider's words) can't send control sequences to the terminal.
 */
import { styleText } from 'node:util';

export interface PrettyOptions {
  /** Whether the terminal shows colours. */
  readonly hasColours: boolean;
}

type Style = Parameters<typeof styleText>[0];

const levels: Readonly<Record<number, readonly [name: string, style: Style]>> = {
  10: ['trace', 'gray'],
  20: ['debug', 'gray'],
  30: ['info', 'green'],
  40: ['warn', 'yellow'],
  50: ['error', 'red'],
  60: ['fatal', ['bold', 'red']],
};

/** Gives the text for one line of JSON that pino has made, with its line break; what is no such line stays as it is. */
export function prettyLine(line: string, { hasColours }: PrettyOptions): string {
  const paint = (style: Style, text: string): string =>
    hasColours ? styleText(style, text, { validateStream: false }) : text;
  const entry = parse(line);
  if (entry === undefined) return line;
  const { level, time, msg, err, ...fields } = entry;
  const [name, style] = levels[Number(level)] ?? [String(level), 'white'];
  const shown = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => ` ${paint('dim', `${harmless(key)}=`)}${valueText(value)}`);
  const message = harmless(String(msg ?? ''));
  const head = `${paint('dim', clock(time))} ${paint(style, name.padEnd(5))} ${message}${shown.join('')}`;
  return `${head}\n${err === undefined ? '' : `${paint('dim', errorText(err))}\n`}`;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** `14:03:59.120`, in the time zone of the process. */
function clock(time: unknown): string {
  const date = new Date(Number(time));
  if (Number.isNaN(date.getTime())) return '--:--:--.---';
  const two = (number: number): string => String(number).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

function valueText(value: unknown): string {
  if (typeof value === 'string' && /^[\w./:@+-]+$/.test(value)) return value;
  return harmless(JSON.stringify(value));
}

/** The stack with an indent; a cause has one of its own in it, as pino writes it. */
function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return `    ${harmless(String(error))}`;
  const { stack, message } = error as { readonly stack?: unknown; readonly message?: unknown };
  return String(stack ?? message ?? JSON.stringify(error))
    .split('\n')
    .map((line) => `    ${harmless(line.trimEnd())}`)
    .join('\n');
}

/** Control characters and those that turn the direction of writing would change what a person sees. */
function harmless(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
