/** Addresses of Azure OpenAI, of both its APIs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { azureEndpoints } from '../../../src/models/openai/azure-endpoints.ts';

const resource = 'https://r.openai.azure.com';

test('where requests go', () => {
  const dated = { 'api-version': '2025-01-01-preview' };
  const cases: readonly [baseUrl: string, query: Record<string, string>, answers: string, models: string][] =
    [
      [resource, {}, '/openai/v1/chat/completions', '/openai/v1/models'],
      [
        `${resource}/`,
        { 'api-version': 'preview' },
        '/openai/v1/chat/completions?api-version=preview',
        '/openai/v1/models?api-version=preview',
      ],
      [`${resource}/openai/v1/`, {}, '/openai/v1/chat/completions', '/openai/v1/models'],
      [
        resource,
        dated,
        '/openai/deployments/my%20gpt/chat/completions?api-version=2025-01-01-preview',
        '/openai/models?api-version=2025-01-01-preview',
      ],
      [
        `${resource}/openai`,
        {},
        '/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21',
        '/openai/models?api-version=2024-10-21',
      ],
      [
        `${resource}/openai/deployments/other`,
        dated,
        '/openai/deployments/other/chat/completions?api-version=2025-01-01-preview',
        '/openai/models?api-version=2025-01-01-preview',
      ],
      [
        'https://gateway.example/azure/openai/deployments/other',
        {},
        '/azure/openai/deployments/other/chat/completions?api-version=2024-10-21',
        '/azure/openai/models?api-version=2024-10-21',
      ],
    ];
  for (const [baseUrl, query, answers, models] of cases) {
    const target = { baseUrl, query, model: 'my gpt' };
    assert.equal(azureEndpoints.answers(target).path, answers);
    assert.equal(azureEndpoints.models(target).path, models);
    assert.equal(azureEndpoints.answers(target).origin, new URL(baseUrl).origin);
  }
});

test('how the key is sent', () => {
  assert.deepEqual(azureEndpoints.headers('k'), { 'api-key': 'k' });
  assert.deepEqual(azureEndpoints.headers(undefined), {});
});
