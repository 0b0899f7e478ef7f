/** What all answers of both versions took together, and the difference. */
import type { JSX } from 'preact';
import { formatCost, formatDuration, formatNumber } from '../../i18n/format.ts';
import { Table } from '../../parts/table.tsx';
import { type Compared, type Sum, sumsOf } from './questions.ts';
import { personaStrings } from './strings.ts';

interface Line {
  readonly name: string;
  readonly active: string;
  readonly next: string;
  readonly difference: string;
}

export function Sums({ rows }: { readonly rows: readonly Compared[] }): JSX.Element {
  const strings = personaStrings();
  const [active, next] = [sumsOf(rows, 'active'), sumsOf(rows, 'next')];
  const line = (name: string, live: Sum, draft: Sum, format: (value: number) => string): Line => {
    const show = ({ value, unknown }: Sum, count: number) =>
      unknown === count ? '–' : unknown === 0 ? format(value) : strings.atLeast(format(value), unknown);
    const isComparable = live.unknown === 0 && draft.unknown === 0;
    return {
      name,
      active: show(live, active.answers),
      next: show(draft, next.answers),
      difference: isComparable ? signed(draft.value - live.value, format) : '–',
    };
  };
  const whole = (value: number): Sum => ({ value, unknown: 0 });
  const lines = [
    line(strings.sumAnswers, whole(active.answers), whole(next.answers), formatNumber),
    line(strings.sumFailed, whole(active.failed), whole(next.failed), formatNumber),
    line(strings.sumTokens, active.tokens, next.tokens, formatNumber),
    line(strings.sumCost, active.cost, next.cost, formatCost),
    line(strings.sumTime, active.ms, next.ms, formatDuration),
  ];
  return (
    <Table
      label={strings.sums}
      rows={lines}
      keyOf={({ name }) => name}
      columns={[
        { title: strings.sums, isMain: true, show: ({ name }) => name },
        { title: strings.live, align: 'end', show: (one) => one.active },
        { title: strings.draft, align: 'end', show: (one) => one.next },
        { title: strings.difference, align: 'end', show: (one) => one.difference },
      ]}
    />
  );
}

/** With its sign, also where it is more. */
export function signed(value: number, format: (value: number) => string): string {
  if (value === 0) return format(0);
  return `${value > 0 ? '+' : '\u2212'}${format(Math.abs(value))}`;
}
