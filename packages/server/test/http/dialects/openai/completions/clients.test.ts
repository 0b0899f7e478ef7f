/** LangChain and the AI SDK, as they are, against the server. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, isStepCount, streamText, tool } from 'ai';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { z } from 'zod';
import { startTestApp } from '../../../http-app.ts';

const app = await startTestApp('sqlite');
const { upstream } = app.harness;
const model = 'persona:test';
const baseURL = `${app.url}/v1`;
const apiKey = app.prodKey;

const toolCall = {
  steps: [
    { do: 'headers' },
    { do: 'tool-call', id: 'theirs', name: 'look', arguments: '{"city":"Bern"}' },
    { do: 'finish', reason: 'tool_calls' },
    { do: 'end' },
  ],
} as const;

describe('clients', () => {
  after(() => app[Symbol.asyncDispose]());

  for (const useResponsesApi of [false, true]) {
    test(`LangChain, ${useResponsesApi ? 'responses' : 'chat completions'}`, async () => {
      const chat = new ChatOpenAI({
        model,
        apiKey,
        configuration: { baseURL },
        useResponsesApi,
        maxRetries: 0,
      });
      upstream.enqueue(answer('Hello'), answer('One two'), toolCall);
      assert.equal((await chat.invoke('Hi')).text, 'Hello');
      let text = '';
      for await (const piece of await chat.stream('Count')) text += piece.text;
      assert.equal(text, 'One two');
      const look = {
        type: 'function',
        function: { name: 'look', parameters: { type: 'object', properties: {} } },
      };
      const called = await chat.bindTools([look]).invoke('How warm is it in Bern?');
      assert.deepEqual(
        called.tool_calls?.map(({ name, args }) => [name, args]),
        [['look', { city: 'Bern' }]],
      );
    });
  }

  const openai = createOpenAI({ baseURL, apiKey });
  const compatible = createOpenAICompatible({ name: 'colloquy', baseURL, apiKey, includeUsage: true });
  for (const [name, languageModel] of [
    ['@ai-sdk/openai, responses', openai.responses(model)],
    ['@ai-sdk/openai, chat completions', openai.chat(model)],
    ['@ai-sdk/openai-compatible', compatible.chatModel(model)],
  ] as const) {
    test(name, async () => {
      upstream.enqueue(answer('One two three'), toolCall, answer('It is 20 degrees'));
      const streamed = streamText({ model: languageModel, prompt: 'Count', maxRetries: 0 });
      let text = '';
      for await (const piece of streamed.textStream) text += piece;
      assert.equal(text, 'One two three');
      assert.equal((await streamed.usage).outputTokens, 3);
      assert.equal(await streamed.finishReason, 'stop');
      const look = tool({
        inputSchema: z.object({ city: z.string() }),
        execute: async ({ city }) => `20 in ${city}`,
      });
      const generated = await generateText({
        model: languageModel,
        prompt: 'How warm is it in Bern?',
        tools: { look },
        stopWhen: isStepCount(3),
        maxRetries: 0,
      });
      assert.equal(generated.text, 'It is 20 degrees');
      assert.equal(generated.steps.length, 2);
    });
  }
});
