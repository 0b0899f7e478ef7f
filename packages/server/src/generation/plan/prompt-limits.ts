/**
 * What calls have shown of how much a model takes, beside what its record says. It is stored with the model; until a
 * record bears it, this process remembers it by the model's id.
 */
import type { LearntAboutPrompts, ModelRecord } from '../../domain/model.ts';

export interface PromptLimit extends LearntAboutPrompts {
  /** Tokens that prompt and answer may take together, by the provider's count. Absent: the provider named none. */
  readonly windowTokens?: number | undefined;
}

/** A model's record, of which something else is known as soon as it is changed or something is learnt about it. */
type Versioned = Pick<ModelRecord, 'id' | 'updatedAt' | 'learntAt' | 'learnt'>;

interface Entry extends Pick<Versioned, 'updatedAt' | 'learntAt'> {
  readonly limit: PromptLimit;
}

const maxEntries = 1000;
const entries = new Map<string, Entry>();

export function promptLimitOf(record: Versioned): PromptLimit | undefined {
  const { id, updatedAt, learntAt, learnt } = record;
  const entry = entries.get(id);
  if (entry?.updatedAt === updatedAt && entry.learntAt === learntAt) return entry.limit;
  const { contextWindow, prompts } = learnt;
  if (contextWindow === undefined && prompts === undefined) return undefined;
  return { countRatio: 1, ...prompts, windowTokens: contextWindow };
}

export function rememberPromptLimit({ id, updatedAt, learntAt }: Versioned, limit: PromptLimit): void {
  if (entries.size >= maxEntries && !entries.has(id)) entries.clear();
  entries.set(id, { updatedAt, learntAt, limit });
}
