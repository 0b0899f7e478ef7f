/** The window of a model of which nothing is known but where it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelRecord } from '../../../src/domain/model.ts';
import { contextWindowOf } from '../../../src/generation/plan/context-window.ts';

const cases: readonly [what: string, record: Partial<ModelRecord>, window: number][] = [
  ['a hosted provider', { provider: 'anthropic' }, 200_000],
  [
    'a hosted provider whose address is written out',
    { provider: 'openai', baseUrl: 'https://api.openai.com/v1' },
    128_000,
  ],
  ['a gateway that speaks like it', { provider: 'openai', baseUrl: 'https://gateway.example/v1' }, 8_192],
  ['a server', { provider: 'openai-compatible', baseUrl: 'http://10.0.0.1/v1' }, 8_192],
  [
    'a preset at its own address',
    { provider: 'openai-compatible', preset: 'groq', baseUrl: 'https://api.groq.com/openai/v1' },
    32_768,
  ],
  [
    'a preset elsewhere',
    { provider: 'openai-compatible', preset: 'groq', baseUrl: 'https://eu.example/v1' },
    8_192,
  ],
  ['Azure, which has many addresses', { provider: 'azure', baseUrl: 'https://r.openai.azure.com' }, 128_000],
  ['the guide', { provider: 'guide' }, 8_192],
  ['what is set', { provider: 'anthropic', contextWindow: 5_000, contextWindowSource: 'set' }, 5_000],
];
for (const [what, fields, window] of cases) {
  test(what, () => {
    const record = {
      id: what,
      updatedAt: 0,
      preset: null,
      baseUrl: null,
      contextWindow: null,
      learntAt: null,
      learnt: {},
      ...fields,
    } as ModelRecord;
    assert.equal(contextWindowOf({ record }), window);
  });
}
