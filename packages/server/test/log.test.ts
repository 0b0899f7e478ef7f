/** The line of the log for a generation that has ended. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../src/domain/generation.ts';
import type { EndedGeneration } from '../src/generation/running/ended.ts';
import { logEnded } from '../src/log.ts';

const usage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15, provenance: 'reported' } as const;

function ended(outcome: Outcome): EndedGeneration {
  return {
    generationId: 'g',
    facts: {
      organizationId: 'o',
      environment: 'prod',
      endUserId: null,
      apiKeyId: 'k',
      personaId: 7,
      dialect: 'chats',
      model: { id: 'm', name: 'GPT', provider: 'openai' },
      requestedModelId: 'm',
      createdAt: 1000,
      startedAt: 1500,
    },
    outcome,
    queuedMs: 500,
    firstTokenMs: 40,
    ms: 900,
    retries: 2,
    providerErrors: [],
    providerTimes: [],
    cost: 0.25,
  };
}

function lineOf(outcome: Outcome): { level: string; line: Record<string, unknown> } {
  const lines: { level: string; line: Record<string, unknown> }[] = [];
  const take = (level: string) => (details: object) => {
    lines.push({ level, line: { ...details } });
  };
  logEnded(
    { info: take('info'), warn: take('warn') } as unknown as Parameters<typeof logEnded>[0],
    ended(outcome),
  );
  assert.equal(lines.length, 1);
  return lines[0] as { level: string; line: Record<string, unknown> };
}

test('a good answer is information', () => {
  assert.deepEqual(lineOf({ status: 'done', finish_reason: 'stop', usage, error: null }), {
    level: 'info',
    line: {
      generation: 'g',
      organization: 'o',
      environment: 'prod',
      key: 'k',
      persona: 7,
      model: 'GPT',
      model_id: 'm',
      provider: 'openai',
      dialect: 'chats',
      status: 'done',
      finish_reason: 'stop',
      queued_ms: 500,
      ttft_ms: 40,
      ms: 900,
      prompt_tokens: 12,
      completion_tokens: 3,
      provenance: 'reported',
      cost: 0.25,
      retries: 2,
    },
  });
});

test('a failure is a warning, with the words of the provider', () => {
  for (const status of ['failed', 'interrupted'] as const) {
    const error = { code: 'provider_error', message: 'the provider answered 401: no region' } as const;
    const { level, line } = lineOf({ status, finish_reason: null, usage, error });
    assert.equal(level, 'warn');
    assert.equal(line.code, 'provider_error');
    assert.equal(line.reason, 'the provider answered 401: no region');
  }
});
