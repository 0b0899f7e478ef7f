/** A usage report as CSV. */
import { Readable } from 'node:stream';
import { loopTurn } from '../../../concurrency/loop-turn.ts';
import { type UsageGroup, type UsageInterval, usageProvenances } from '../../../domain/usage.ts';
import type { Figure } from '../../../store/reports/usage-lines.ts';
import type { NamedUsageLine } from '../../../store/reports/usage-report.ts';
import { toCsvRow } from '../../answer/csv.ts';
import { intervalName } from './schema.ts';

export const csvType = 'text/csv; charset=utf-8; header=present';

/** Lines that are written in one turn of the event loop, of all reports together. */
const linesAtOnce = 200;

type Cell = string | number | null;

/** Columns whose figures are told apart by their provenance. */
function parts(
  name: string,
  figureOf: (line: NamedUsageLine) => Figure,
): [string, (line: NamedUsageLine) => Cell][] {
  return [
    [name, (line) => figureOf(line).total],
    ...usageProvenances.map(
      (provenance) =>
        [`${name}_${provenance}`, (line: NamedUsageLine) => figureOf(line)[provenance]] as [
          string,
          (line: NamedUsageLine) => Cell,
        ],
    ),
  ];
}

const figures: readonly [name: string, value: (line: NamedUsageLine) => Cell][] = [
  ...parts('requests', (line) => line.requests),
  ['errors', (line) => line.errors],
  ...parts('prompt_tokens', (line) => line.promptTokens),
  ...parts('completion_tokens', (line) => line.completionTokens),
  ...parts('total_tokens', (line) => line.totalTokens),
  ...parts('cost', (line) => line.cost),
  ['unpriced_calls', (line) => line.unpricedCalls],
  ['first_token_p50_ms', (line) => line.firstTokenMs.p50],
  ['first_token_p95_ms', (line) => line.firstTokenMs.p95],
  ['duration_p50_ms', (line) => line.durationMs.p50],
  ['duration_p95_ms', (line) => line.durationMs.p95],
];

/** A row with the columns' names, then one for each line. It is written a piece at a time, so that it holds up nobody. */
export function usageCsv(
  lines: readonly NamedUsageLine[],
  interval: UsageInterval | null,
  groupBy: readonly UsageGroup[],
): Readable {
  const head = [
    ...(interval === null ? [] : [interval]),
    ...groupBy.flatMap((group) => [group, `${group}_name`]),
    ...figures.map(([name]) => name),
  ];
  const row = (line: NamedUsageLine): string =>
    toCsvRow([
      ...(interval === null || line.start === null ? [] : [intervalName(interval, line.start)]),
      ...groupBy.flatMap((_, index) => [line.groups[index] ?? null, line.names[index] ?? null]),
      ...figures.map(([, value]) => value(line)),
    ]);
  async function* pieces(): AsyncGenerator<string> {
    yield toCsvRow(head);
    for (let start = 0; start < lines.length; start += linesAtOnce) {
      await loopTurn();
      yield lines
        .slice(start, start + linesAtOnce)
        .map(row)
        .join('');
    }
  }
  return Readable.from(pieces());
}

/** Whether a client asks for CSV rather than for JSON. */
export function prefersCsv(accept: string | undefined): boolean {
  const weight = (type: string): number => {
    const found = (accept ?? '')
      .split(',')
      .map((entry) => entry.split(';').map((part) => part.trim().toLowerCase()))
      .find(([name]) => name === type);
    if (found === undefined) return 0;
    const q = found.find((part) => part.startsWith('q='));
    return q === undefined ? 1 : Number(q.slice(2)) || 0;
  };
  return weight('text/csv') > weight('application/json');
}
