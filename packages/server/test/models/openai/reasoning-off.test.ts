/** Answers without reasoning, asked for where it is known how, in both wire formats. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { answer, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import type { HostedProvider } from '../../../src/domain/model.ts';
import { byTemplate, reasoningOff } from '../../../src/models/openai/reasoning-off.ts';
import { createRemoteModel } from '../../../src/models/remote-model.ts';
import { estimateTokens } from '../../../src/models/token-count.ts';
import { createUpstreamDispatcher } from '../../../src/models/upstream/dispatcher.ts';

const upstream = await startScriptedUpstream();
const dispatcher = createUpstreamDispatcher({ connectMs: 2000 });
after(async () => {
  await upstream[Symbol.asyncDispose]();
  await dispatcher.destroy();
});
upstream.setDefault(answer('ok'));

async function bodyOf(
  provider: HostedProvider | 'openai-compatible',
  model: string,
  extraBody: Record<string, unknown> | undefined,
  withoutReasoning: boolean,
) {
  const made = createRemoteModel(
    {
      provider,
      model,
      extraBody,
      baseUrl: provider === 'anthropic' ? upstream.anthropicUrl : upstream.openAiUrl,
    },
    {
      dispatcher,
      timeouts: { connectMs: 2000, firstTokenMs: 30_000, idleMs: 30_000 },
      maxRetries: 0,
      countTokens: estimateTokens,
    },
  );
  const request = { messages: [{ role: 'user', text: 'Hi' } as const], parameters: {}, withoutReasoning };
  for await (const _ of made.stream(request, { signal: new AbortController().signal })) {
    // Only what was sent matters.
  }
  return { body: upstream.requests.at(-1)?.body ?? {}, skips: made.skipsReasoning };
}

test('by the provider’s documentation, where it names the model', async () => {
  for (const [provider, model, effort] of [
    ['openai', 'gpt-5-mini', 'minimal'],
    ['openai', 'gpt-5.1', 'none'],
    ['openai', 'o3-mini', 'low'],
    ['openai', 'gpt-4.1-mini', undefined],
    ['openai', 'gpt-5-pro', undefined],
    ['openai', 'gpt-5-chat-latest', undefined],
    ['google', 'gemini-2.5-flash', 'none'],
    ['google', 'gemini-flash-latest', 'low'],
    ['google', 'gemini-2.0-flash', undefined],
    ['mistral', 'mistral-small-latest', undefined],
    ['openai-compatible', 'gpt-5-mini', undefined],
    ['anthropic', 'claude-haiku-4-5', undefined],
  ] as const) {
    const { body, skips } = await bodyOf(provider, model, undefined, true);
    assert.equal(body.reasoning_effort, effort, model);
    assert.equal(skips, effort !== undefined, model);
    const usual = await bodyOf(provider, model, undefined, false);
    assert.equal(usual.body.reasoning_effort, undefined, model);
  }
});

test('by what the model’s own settings show that its server takes', async () => {
  const kwargs = { chat_template_kwargs: { enable_thinking: true, other: 1 } };
  const { body } = await bodyOf('openai-compatible', 'qwen3', { ...kwargs, top_k: 20 }, true);
  assert.deepEqual(body.chat_template_kwargs, { enable_thinking: false, other: 1 });
  assert.equal(body.top_k, 20);
  const usual = await bodyOf('openai-compatible', 'qwen3', kwargs, false);
  assert.deepEqual(usual.body.chat_template_kwargs, kwargs.chat_template_kwargs);
  const thinking = { thinking: { type: 'enabled', budget_tokens: 2000 } };
  const claude = await bodyOf('anthropic', 'claude-sonnet-4-5', thinking, true);
  assert.deepEqual([claude.body.thinking, claude.skips], [{ type: 'disabled' }, true]);
  assert.deepEqual(
    (await bodyOf('anthropic', 'claude-sonnet-4-5', thinking, false)).body.thinking,
    thinking.thinking,
  );
});

test('which fields are about reasoning', () => {
  for (const [extra, off] of [
    [{ reasoning_effort: 'high' }, { reasoning_effort: 'low' }],
    [{ reasoning_effort: 'none' }, { reasoning_effort: 'none' }],
    [{ enable_thinking: true }, { enable_thinking: false }],
    [{ think: 'high' }, { think: false }],
    [{ reasoning: { max_tokens: 2000 } }, { reasoning: { effort: 'none' } }],
    [
      { chat_template_kwargs: { reasoning_effort: 'high' } },
      { chat_template_kwargs: { reasoning_effort: 'low' } },
    ],
    [{ chat_template_kwargs: { builtin_tools: [] } }, undefined],
    [{ thinking: true }, undefined],
    [{ top_k: 5 }, undefined],
    [{}, undefined],
  ] as const)
    assert.deepEqual(reasoningOff(undefined, extra), off, JSON.stringify(extra));
  assert.deepEqual(reasoningOff(byTemplate('any'), { chat_template_kwargs: { builtin_tools: [] } }), {
    chat_template_kwargs: { builtin_tools: [], enable_thinking: false, thinking: false },
  });
});
