/** What a set of questions has shown: what differs, sums, and all of it as a table. */
import { type Side, type SideAnswer, sides } from './comparison.ts';

export interface Compared {
  readonly question: string;
  /** The place among the turns of its conversation, from 1. */
  readonly turn: number;
  readonly answers: Readonly<Record<Side, SideAnswer>>;
}

/** One of a set, which has an id. */
export interface ComparedQuestion extends Compared {
  readonly questionId: string;
}

export const isOver = ({ answers }: Compared): boolean => sides.every((side) => answers[side].isOver);

/** Whether the two answers say other words, or have ended in another way. Blanks don't count. */
export function differs({ answers: { active, next } }: Compared): boolean {
  const wordsOf = ({ text }: SideAnswer) => text.trim().replace(/\s+/g, ' ');
  return (
    wordsOf(active) !== wordsOf(next) ||
    active.error !== next.error ||
    active.finishReason !== next.finishReason
  );
}

/** Of a run that was stopped: what stays of it, and what is still to be asked. A question is asked from its first turn. */
export function resumed<Asked extends { readonly id: string; readonly turns: readonly string[] }>(
  rows: readonly ComparedQuestion[],
  questions: readonly Asked[],
): { readonly kept: readonly ComparedQuestion[]; readonly rest: readonly Asked[] } {
  const isWhole = ({ id, turns }: Asked): boolean => {
    const own = rows.filter(({ questionId }) => questionId === id);
    const isUnbroken = ({ answers }: ComparedQuestion) => sides.every((side) => !answers[side].isStopped);
    return own.length === turns.length && own.every((row) => isOver(row) && isUnbroken(row));
  };
  const whole = new Set(questions.filter(isWhole).map(({ id }) => id));
  return {
    kept: rows.filter(({ questionId }) => whole.has(questionId)),
    rest: questions.filter(({ id }) => !whole.has(id)),
  };
}

/** A figure of all answers that have ended; `unknown`: so many have none. */
export interface Sum {
  readonly value: number;
  readonly unknown: number;
}

export interface SideSums {
  readonly answers: number;
  readonly failed: number;
  readonly tokens: Sum;
  readonly cost: Sum;
  readonly ms: Sum;
}

export function sumsOf(rows: readonly Compared[], side: Side): SideSums {
  const ended = rows
    .map(({ answers }) => answers[side])
    .filter((answer) => answer.isOver && !answer.isStopped);
  const sum = (name: 'tokens' | 'cost' | 'ms'): Sum => {
    const known = ended.map((answer) => answer[name]).filter((value) => value !== null);
    return { value: known.reduce((all, value) => all + value, 0), unknown: ended.length - known.length };
  };
  return {
    answers: ended.length,
    failed: ended.filter(({ error }) => error !== null).length,
    ...{ tokens: sum('tokens'), cost: sum('cost'), ms: sum('ms') },
  };
}

const cells = ['answer', 'tokens', 'cost', 'ms', 'finish_reason', 'error'];
const head = ['question', 'turn', ...sides.flatMap((side) => cells.map((name) => `${side}_${name}`))];

/** RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe. */
export function toCsv(rows: readonly Compared[]): string {
  const lines = rows.map(({ question, turn, answers }) => [
    question,
    turn,
    ...sides.flatMap((side) => {
      const { text, tokens, cost, ms, finishReason, error } = answers[side];
      return [text, tokens, cost, ms, finishReason, error];
    }),
  ]);
  return `${[head, ...lines].map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** Blanks before the sign don't keep every spreadsheet from taking it for one; the wide forms of the signs count too. */
const formula = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The id in the address of a conversation, or the id itself. */
export function conversationIn(text: string): string | undefined {
  return /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(text.trim().split('?')[0] ?? '')?.[0];
}
