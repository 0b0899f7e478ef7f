/** Adds up model calls by group; every figure says how much of it is reported, estimated or unknown. */
import { toDay } from '../../../domain/text/time.ts';
import type { UsageGroup } from '../../../domain/usage.ts';
import type { UsageCall } from '../../../store/queries/usage.ts';

export interface Figure {
  total: number;
  reported: number;
  estimated: number;
  unknown: number;
}

export interface UsageLine {
  /** The day in UTC, or an id; null: none (no persona, no key, no end user). */
  readonly group: string | null;
  readonly requests: Figure;
  readonly prompt_tokens: Figure;
  readonly completion_tokens: Figure;
  readonly total_tokens: Figure;
  readonly cost: Figure;
  /** Requests and calls of models that have no prices, and so are not in `cost`. */
  unpriced_calls: number;
}

export interface UsageReport {
  add(calls: readonly UsageCall[]): void;
  /** Days in order, else the largest use of tokens first. */
  lines(): UsageLine[];
}

export function createUsageReport(groupBy: UsageGroup): UsageReport {
  const lines = new Map<string | null, UsageLine>();

  function lineOf(group: string | null): UsageLine {
    let line = lines.get(group);
    if (line === undefined) {
      line = {
        group,
        requests: figure(),
        prompt_tokens: figure(),
        completion_tokens: figure(),
        total_tokens: figure(),
        cost: figure(),
        unpriced_calls: 0,
      };
      lines.set(group, line);
    }
    return line;
  }

  return {
    add(calls) {
      for (const call of calls) {
        const line = lineOf(groupOf(call, groupBy));
        const count = (name: Exclude<keyof UsageLine, 'group' | 'unpriced_calls'>, value: number): void => {
          line[name].total += value;
          line[name][call.provenance] += value;
        };
        // A request may make several calls: tries of other models, titles, summaries, queries.
        if (call.isRequest) count('requests', 1);
        count('prompt_tokens', call.promptTokens);
        count('completion_tokens', call.completionTokens);
        count('total_tokens', call.promptTokens + call.completionTokens);
        if (call.cost === null) line.unpriced_calls += 1;
        else count('cost', call.cost);
      }
    },
    lines() {
      const all = [...lines.values()];
      if (groupBy === 'day')
        return all.sort((one, other) => ((one.group ?? '') < (other.group ?? '') ? -1 : 1));
      return all.sort((one, other) => other.total_tokens.total - one.total_tokens.total);
    },
  };
}

function figure(): Figure {
  return { total: 0, reported: 0, estimated: 0, unknown: 0 };
}

function groupOf(call: UsageCall, groupBy: UsageGroup): string | null {
  switch (groupBy) {
    case 'day':
      return toDay(call.createdAt);
    case 'model':
      return call.modelId;
    case 'persona':
      return call.personaId === null ? null : String(call.personaId);
    case 'key':
      return call.apiKeyId;
    case 'user':
      return call.endUserId;
  }
}
