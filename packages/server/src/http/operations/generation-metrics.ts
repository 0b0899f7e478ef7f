/** Prometheus metrics of generations and of the providers that answer them. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { EndedGeneration } from '../../generation/running/ended.ts';

export interface GenerationMetrics {
  /** Counts a generation that has ended. */
  count(ended: EndedGeneration): void;
}

/** Seconds; a model may think for minutes before its first token. */
const bucketsSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Organizations name their models as they like: names beyond these many count as `other`. */
const maxModels = 200;
const longestLabel = 100;
const otherLabel = 'other';

export function generationMetrics(registry: Registry): GenerationMetrics {
  const registers = [registry];
  const ended = new Counter({
    name: 'colloquy_generations_total',
    help: 'Generations that ended, by how, and by the model that answered',
    labelNames: ['status', 'model', 'provider'] as const,
    registers,
  });
  const errors = new Counter({
    name: 'colloquy_generation_errors_total',
    help: 'Generations that failed or were interrupted, by the code of their error',
    labelNames: ['code', 'model', 'provider'] as const,
    registers,
  });
  const tokens = new Counter({
    name: 'colloquy_tokens_total',
    help: 'Tokens of the answers of generations',
    labelNames: ['kind', 'model', 'provider'] as const,
    registers,
  });
  const retries = new Counter({
    name: 'colloquy_model_retries_total',
    help: 'Calls of models that were made again for a generation',
    labelNames: ['model', 'provider'] as const,
    registers,
  });
  const providerErrors = new Counter({
    name: 'colloquy_provider_errors_total',
    help: 'Calls of providers that failed, those that were made again included, by HTTP status',
    labelNames: ['provider', 'status'] as const,
    registers,
  });
  const firstToken = new Histogram({
    name: 'colloquy_time_to_first_token_seconds',
    help: 'From the start of a generation to its first token',
    labelNames: ['model', 'provider'] as const,
    buckets: bucketsSeconds,
    registers,
  });
  const labelOf = boundedLabels(maxModels);
  return {
    count({ facts, outcome, firstTokenMs, retries: repeated, providerErrors: failures }) {
      const { status, error, usage } = outcome;
      const labels = { model: labelOf(facts.model.name), provider: facts.model.provider };
      ended.inc({ ...labels, status });
      if (error !== null) errors.inc({ ...labels, code: error.code });
      tokens.inc({ ...labels, kind: 'prompt' }, usage.prompt_tokens);
      tokens.inc({ ...labels, kind: 'completion' }, usage.completion_tokens);
      if (repeated > 0) retries.inc(labels, repeated);
      for (const { provider, status } of failures)
        providerErrors.inc({ provider, status: statusLabel(status) });
      if (firstTokenMs !== null) firstToken.observe(labels, firstTokenMs / 1000);
    },
  };
}

/** `none`: there was no response. */
function statusLabel(status: number | undefined): string {
  if (status === undefined) return 'none';
  return status >= 100 && status <= 599 ? String(status) : otherLabel;
}

/** Gives a name as it is, up to so many different ones. */
function boundedLabels(max: number): (name: string) => string {
  const known = new Set<string>();
  return (name) => {
    const label = name.slice(0, longestLabel).toWellFormed();
    if (known.has(label)) return label;
    if (known.size >= max) return otherLabel;
    known.add(label);
    return label;
  };
}
