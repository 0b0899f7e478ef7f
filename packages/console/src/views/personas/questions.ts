/** What a set of questions has shown, as a table. */
import type { Side, SideAnswer } from './comparison.ts';

export interface Compared {
  readonly question: string;
  /** The place among the turns of its conversation, from 1. */
  readonly turn: number;
  readonly answers: Readonly<Record<Side, SideAnswer>>;
}

const head = [
  'question',
  'turn',
  ...(['active', 'next'] as const).flatMap((side) =>
    ['answer', 'tokens', 'cost', 'ms', 'error'].map((name) => `${side}_${name}`),
  ),
];

/** RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe. */
export function toCsv(rows: readonly Compared[]): string {
  const lines = rows.map(({ question, turn, answers }) => [
    question,
    turn,
    ...[answers.active, answers.next].flatMap(({ text, tokens, cost, ms, error }) => [
      text,
      tokens,
      cost,
      ms,
      error,
    ]),
  ]);
  return `${[head, ...lines].map((cells) => cells.map(cell).join(',')).join('\r\n')}\r\n`;
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The id in the address of a conversation, or the id itself. */
export function conversationIn(text: string): string | undefined {
  return /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(text.trim().split('?')[0] ?? '')?.[0];
}
