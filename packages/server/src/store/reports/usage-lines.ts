/** The lines of a usage report while it is added up. */
import { utcMonth } from '../../domain/limits/limits.ts';
import { Latencies, type Percentiles } from '../../domain/usage/latencies.ts';
import {
  fromBillionths,
  type UsageGroup,
  type UsageInterval,
  type UsageProvenance,
  usageProvenances,
} from '../../domain/usage.ts';
import type { UsageRollupTable } from '../queries/usage-tables.ts';
import {
  addCall,
  addStored,
  type CountedCall,
  type Figures,
  hourOf,
  noFigures,
  startOfHour,
} from '../usage/rollup.ts';

export const hoursOfDay = 24;

/** A figure, and how much of it is of which provenance. */
export type Figure = Readonly<Record<'total' | UsageProvenance, number>>;

export interface UsageLine {
  /** Begin of the interval in epoch milliseconds; null in reports without intervals. */
  readonly start: number | null;
  /** What each group is: an id, a purpose or an environment; null: none (no persona, no key, no end user). */
  readonly groups: readonly (string | null)[];
  readonly requests: Figure;
  readonly promptTokens: Figure;
  readonly completionTokens: Figure;
  readonly totalTokens: Figure;
  readonly cost: Figure;
  readonly errors: number;
  readonly unpricedCalls: number;
  readonly firstTokenMs: Percentiles;
  readonly durationMs: Percentiles;
}

/** What a line is of. */
interface LineKey {
  /** The interval: hours or days since 1970, or a month like 202611; 0 in reports without intervals. */
  readonly slot: number;
  readonly groups: readonly (string | null)[];
}

type Stored = Figures & Pick<UsageRollupTable, 'first_token' | 'duration' | 'provenance'>;

class Line {
  readonly key: LineKey;
  readonly figures = new Map<UsageProvenance, Figures>();
  readonly firstToken = new Latencies();
  readonly duration = new Latencies();

  constructor(key: LineKey) {
    this.key = key;
  }

  sumOf(provenance: UsageProvenance) {
    let figures = this.figures.get(provenance);
    if (figures === undefined) {
      figures = noFigures();
      this.figures.set(provenance, figures);
    }
    return { figures, firstToken: this.firstToken, duration: this.duration };
  }

  figure(value: (figures: Figures) => number): Figure {
    const parts = usageProvenances.map((provenance) => {
      const figures = this.figures.get(provenance);
      return [provenance, figures === undefined ? 0 : value(figures)] as const;
    });
    const total = parts.reduce((sum, [, part]) => sum + part, 0);
    return { total, ...Object.fromEntries(parts) } as Figure;
  }
}

export class UsageLines {
  readonly #interval: UsageInterval | null;
  readonly #groups: readonly UsageGroup[];
  readonly #lines = new Map<string, Line>();

  constructor(interval: UsageInterval | null, groups: readonly UsageGroup[]) {
    this.#interval = interval;
    this.#groups = groups;
  }

  get size(): number {
    return this.#lines.size;
  }

  addCall(call: CountedCall): void {
    const slot = slotOf(this.#interval, hourOf(call.createdAt));
    const groups = this.#groups.map((group) => groupOf(call, group));
    addCall(this.#lineOf({ slot, groups }).sumOf(call.provenance), call);
  }

  addStored(key: LineKey, stored: Stored, sign: 1 | -1 = 1): void {
    addStored(this.#lineOf(key).sumOf(stored.provenance), stored, sign);
  }

  /** A page: intervals in order, in each the largest use of tokens first; without lines that stand for no call. */
  page(offset: number, limit: number): { readonly lines: readonly UsageLine[]; readonly isLast: boolean } {
    const all = [...this.#lines.entries()]
      .filter(([, line]) => line.figure(({ calls }) => calls).total > 0)
      .map(([name, line]) => ({ name, line, tokens: line.figure(tokensOf).total }))
      .sort(
        (one, other) =>
          one.line.key.slot - other.line.key.slot ||
          other.tokens - one.tokens ||
          (one.name < other.name ? -1 : 1),
      );
    const shown = all.slice(offset, offset + limit).map(({ line }) => this.#shown(line));
    return { lines: shown, isLast: all.length <= offset + limit };
  }

  #lineOf(key: LineKey): Line {
    const name = nameOf(key);
    let line = this.#lines.get(name);
    if (line === undefined) {
      line = new Line(key);
      this.#lines.set(name, line);
    }
    return line;
  }

  #shown(line: Line): UsageLine {
    return {
      start: startOfSlot(this.#interval, line.key.slot),
      groups: line.key.groups,
      requests: line.figure((figures) => figures.requests),
      promptTokens: line.figure((figures) => figures.prompt_tokens),
      completionTokens: line.figure((figures) => figures.completion_tokens),
      totalTokens: line.figure(tokensOf),
      cost: inCurrency(line.figure(({ cost }) => cost)),
      errors: line.figure(({ errors }) => errors).total,
      unpricedCalls: line.figure((figures) => figures.unpriced_calls).total,
      firstTokenMs: line.firstToken.percentiles(),
      durationMs: line.duration.percentiles(),
    };
  }
}

function tokensOf(figures: Figures): number {
  return figures.prompt_tokens + figures.completion_tokens;
}

function nameOf({ slot, groups }: LineKey): string {
  return JSON.stringify([slot, ...groups]);
}

function inCurrency(figure: Figure): Figure {
  return Object.fromEntries(
    Object.entries(figure).map(([name, units]) => [name, fromBillionths(units)]),
  ) as Figure;
}

function groupOf(call: CountedCall, group: UsageGroup): string | null {
  switch (group) {
    case 'model':
      return call.modelId;
    case 'persona':
      return call.personaId === null ? null : String(call.personaId);
    case 'key':
      return call.apiKeyId;
    case 'user':
      return call.endUserId;
    case 'purpose':
      return call.purpose;
    case 'environment':
      return call.environment;
  }
}

/** The same as the expressions of `usage-report.ts` give. */
function slotOf(interval: UsageInterval | null, hour: number): number {
  if (interval === null) return 0;
  if (interval === 'hour') return hour;
  if (interval === 'day') return Math.floor(hour / hoursOfDay);
  return utcMonth(startOfHour(hour));
}

function startOfSlot(interval: UsageInterval | null, slot: number): number | null {
  if (interval === null) return null;
  if (interval === 'hour') return startOfHour(slot);
  if (interval === 'day') return startOfHour(slot * hoursOfDay);
  return Date.UTC(Math.floor(slot / 100), (slot % 100) - 1, 1);
}
