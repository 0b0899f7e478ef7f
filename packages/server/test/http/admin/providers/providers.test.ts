/** What is known of providers. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { presets, providers } from '../../../../src/domain/model.ts';
import { startAdminApp } from '../admin-app.ts';

describe('providers', async () => {
  const app = await startAdminApp('sqlite');
  after(() => app[Symbol.asyncDispose]());
  const organization = await app.organization();
  const adminKey = (await app.key(organization, 'admin')).key;
  const { status, body } = await app.call('GET', '/providers', undefined, adminKey);
  const listed: Record<string, unknown>[] = body.data;
  const find = (provider: string, preset: string | null = null) =>
    listed.find((entry) => entry.provider === provider && entry.preset === preset) ?? assert.fail(provider);

  test('each provider over the network and each preset is there once', () => {
    assert.equal(status, 200);
    const remote = providers.filter((name) => name !== 'local' && name !== 'guide');
    assert.deepEqual(
      listed.filter(({ preset }) => preset === null).map(({ provider }) => provider),
      remote,
    );
    assert.deepEqual(
      listed.filter(({ preset }) => preset !== null).map(({ preset }) => preset),
      presets,
    );
  });

  test('how the key is passed, and what is needed', () => {
    const facts = (entry: Record<string, unknown>) => [entry.key_header, entry.base_url, entry.required];
    assert.deepEqual(facts(find('openai')), ['authorization', 'https://api.openai.com/v1', ['api_key']]);
    assert.deepEqual(facts(find('anthropic')), ['x-api-key', 'https://api.anthropic.com/v1', ['api_key']]);
    assert.deepEqual(facts(find('azure')), ['api-key', null, ['base_url', 'api_key']]);
    assert.deepEqual(facts(find('openai-compatible', 'vllm')), ['authorization', null, ['base_url']]);
    assert.deepEqual(facts(find('openai-compatible')), ['authorization', null, ['base_url']]);
  });

  test('what an entry needs makes a model of it, and less does not', async () => {
    for (const entry of listed) {
      const required = entry.required as string[];
      const model = {
        name: 'x',
        provider: entry.provider,
        ...(entry.preset !== null && { preset: entry.preset }),
        model: entry.default_model ?? 'm',
        ...(required.includes('api_key') && { api_key: 'k' }),
      };
      const path = `/organizations/${organization}/models`;
      const base_url = entry.example_base_url ?? 'https://llm.example/v1';
      const made = await app.call('POST', path, {
        ...model,
        ...(required.includes('base_url') && { base_url }),
      });
      assert.equal(made.status, 201, JSON.stringify(entry));
      if (required.includes('base_url')) assert.equal((await app.call('POST', path, model)).status, 400);
      assert.ok(URL.canParse(String(entry.documentation)));
    }
  });
});
