/** The metrics of generations, whose labels are bounded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndedGeneration } from '../../../src/generation/running/ended.ts';
import { generationMetrics } from '../../../src/http/operations/generation-metrics.ts';
import { createRegistry } from '../../../src/http/operations/metrics.ts';

function ended(name: string, status: 'done' | 'failed'): EndedGeneration {
  const usage = {
    prompt_tokens: 10,
    completion_tokens: 4,
    total_tokens: 14,
    provenance: 'reported',
  } as const;
  const error = { code: 'provider_timeout', message: 'the provider said nothing' } as const;
  return {
    generationId: 'g',
    facts: {
      organizationId: 'o',
      environment: 'prod',
      endUserId: null,
      apiKeyId: null,
      personaId: null,
      dialect: 'chat',
      model: { id: 'm', name, provider: 'mistral' },
      requestedModelId: 'm',
      createdAt: 0,
      startedAt: 0,
    },
    outcome:
      status === 'done'
        ? { status, finish_reason: 'stop', usage, error: null }
        : { status, finish_reason: null, usage, error },
    queuedMs: 0,
    firstTokenMs: status === 'done' ? 300 : null,
    ms: 900,
    retries: status === 'done' ? 1 : 0,
    providerErrors: [
      { provider: 'mistral', status: status === 'done' ? 429 : undefined, reason: 'no', at: 0 },
    ],
    providerTimes: [],
    cost: null,
  };
}

test('generations count by outcome, model and provider', async () => {
  const registry = createRegistry();
  const metrics = generationMetrics(registry);
  metrics.count(ended('small', 'done'));
  metrics.count(ended('small', 'done'));
  metrics.count(ended('small', 'failed'));
  const text = await registry.metrics();
  for (const line of [
    'colloquy_generations_total{model="small",provider="mistral",status="done"} 2',
    'colloquy_generations_total{model="small",provider="mistral",status="failed"} 1',
    'colloquy_generation_errors_total{model="small",provider="mistral",code="provider_timeout"} 1',
    'colloquy_tokens_total{model="small",provider="mistral",kind="prompt"} 30',
    'colloquy_tokens_total{model="small",provider="mistral",kind="completion"} 12',
    'colloquy_provider_errors_total{provider="mistral",status="429"} 2',
    'colloquy_provider_errors_total{provider="mistral",status="none"} 1',
    'colloquy_model_retries_total{model="small",provider="mistral"} 2',
    'colloquy_time_to_first_token_seconds_count{model="small",provider="mistral"} 2',
  ]) {
    assert.ok(text.includes(`\n${line}\n`), line);
  }
});

test('however many models there are and however long their names, the series are bounded', async () => {
  const registry = createRegistry();
  const metrics = generationMetrics(registry);
  for (let n = 0; n < 1000; n++) metrics.count(ended(`${n}${'x'.repeat(5000)}`, 'done'));
  const series = (await registry.metrics())
    .split('\n')
    .filter((line) => line.startsWith('colloquy_generations_total{'));
  assert.equal(series.length, 201);
  assert.ok(series.every((line) => line.length < 250));
  assert.ok(series.some((line) => line.includes('model="other"') && line.endsWith(' 800')));
});
