/**
 * What calls of this process have shown of how much a model takes, beside what its record says. It is kept by the
 * model's id until a setting of the model changes.
 */
import type { ModelRecord } from '../../domain/model.ts';

export interface PromptLimit {
  /** Tokens that prompt and answer may take together, by the provider's count. Absent: the provider named none. */
  readonly windowTokens?: number | undefined;
  /** How many tokens of a prompt are counted here where the provider counts one; at most 1. */
  readonly countRatio: number;
  /** Most tokens of a prompt, counted here, where the provider named no window. */
  readonly promptTokens?: number | undefined;
  /** Tokens that the provider counted for the answer, beside the prompt. */
  readonly answerTokens?: number | undefined;
}

interface Entry {
  readonly updatedAt: number;
  readonly limit: PromptLimit;
}

const maxEntries = 1000;
const entries = new Map<string, Entry>();

type Versioned = Pick<ModelRecord, 'id' | 'updatedAt'>;

export function promptLimitOf(record: Versioned): PromptLimit | undefined {
  const entry = entries.get(record.id);
  return entry?.updatedAt === record.updatedAt ? entry.limit : undefined;
}

export function rememberPromptLimit(record: Versioned, limit: PromptLimit): void {
  if (entries.size >= maxEntries && !entries.has(record.id)) entries.clear();
  entries.set(record.id, { updatedAt: record.updatedAt, limit });
}
