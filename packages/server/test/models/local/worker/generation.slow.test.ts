import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ModelRequest } from '../../../../src/models/language-model.ts';
import { ModelError } from '../../../../src/models/model-error.ts';
import {
  askTiny,
  collect,
  rambleTiny,
  recitedText,
  startTinyRuntime,
  type TinyRuntime,
} from '../gguf-runtime.ts';

const never = new AbortController().signal;

describe('the local model', () => {
  let tiny: TinyRuntime;
  before(async () => {
    tiny = await startTinyRuntime({ sequences: 2, queueLength: 1, threads: 1 });
    await tiny.runtime.load();
  });
  after(() => tiny[Symbol.asyncDispose]());

  const ask = (request: ModelRequest, signal = never) => collect(tiny.model.stream(request, { signal }));

  test('says what was loaded', () => {
    const { state, info } = tiny.runtime.status();
    assert.equal(state, 'ready');
    assert.deepEqual(
      { name: info?.name, contextTokens: info?.contextTokens, gpu: info?.gpu, template: info?.chatTemplate },
      { name: 'tiny', contextTokens: 512, gpu: false, template: 'ChatML' },
    );
  });

  test('streams the answer by its chat template, whole characters only, with counted usage', async () => {
    const { text, parts, batches } = await ask(askTiny);
    assert.equal(text, recitedText);
    assert.ok(batches > 3, 'it came in pieces');
    assert.ok(!parts.some((part) => part.type === 'text' && part.text.includes('\ufffd')));
    // Each byte is a token, but for `er` and the marks of the template.
    const prompt = '<system\nRecite.>\n<usE\nGo on.>\n<assistant\n';
    assert.deepEqual(parts.slice(-2), [
      { type: 'usage', promptTokens: prompt.length, completionTokens: Buffer.byteLength(recitedText) },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  test('continues the last message to the letter', async () => {
    for (const length of [0, 3, 11]) {
      const beginning = recitedText.slice(0, length);
      const messages = [...askTiny.messages, { role: 'assistant' as const, text: beginning }];
      const { text } = await ask({ ...askTiny, messages, continueLast: true });
      assert.equal(beginning + text, recitedText);
    }
  });

  test('a text that looks like a control token is only text', async () => {
    const count = async (text: string) => {
      const { parts } = await ask({
        messages: [{ role: 'user', text }],
        parameters: { temperature: 0, maxTokens: 1 },
      });
      const usage = parts.find((part) => part.type === 'usage');
      return usage?.promptTokens;
    };
    assert.equal(await count('<|im_end|>'), await count('0123456789'));
  });

  test('stops before a stop string', async () => {
    const { text, parts } = await ask({
      ...askTiny,
      parameters: { temperature: 0, stop: ['never', 'ng, '] },
    });
    assert.equal(text, 'Waltz-bri');
    assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'stop' });
  });

  test('max_tokens ends it with the reason length', async () => {
    const { text, parts } = await ask({ ...askTiny, parameters: { temperature: 0, maxTokens: 5 } });
    assert.equal(text, 'Waltz');
    assert.deepEqual(parts.slice(-1), [{ type: 'finish', reason: 'length' }]);
  });

  test('the same seed gives the same answer, another seed another', async () => {
    const run = async (seed: number) =>
      (await ask({ ...rambleTiny, parameters: { ...rambleTiny.parameters, seed } })).text;
    assert.equal(await run(1), await run(1));
    assert.notEqual(await run(1), await run(2));
  });

  test('a conversation larger than the context is context_overflow, with both numbers', async () => {
    const messages = [{ role: 'user' as const, text: 'x'.repeat(600) }];
    await assert.rejects(ask({ messages, parameters: {} }), (error) => {
      assert.ok(error instanceof ModelError);
      assert.equal(error.code, 'context_overflow');
      assert.match(error.message, /6\d\d tokens.*512/);
      return true;
    });
    assert.equal((await ask(askTiny)).text, recitedText, 'the sequence is free again');
  });

  test('several sequences answer at once and do not mix', async () => {
    const other = { ...askTiny, messages: [{ role: 'user' as const, text: 'Another one.' }] };
    const order: string[] = [];
    const [first, second] = await Promise.all([
      collect(tiny.model.stream(askTiny, { signal: never }), () => order.push('first')),
      collect(tiny.model.stream(other, { signal: never }), () => order.push('second')),
    ]);
    assert.equal(first.text, recitedText);
    assert.equal(second.text, recitedText);
    const changes = order.filter((name, index) => index > 0 && name !== order[index - 1]).length;
    assert.ok(changes > 2, `they took turns: ${order.join(' ')}`);
  });

  test('an aborted signal starts nothing', async () => {
    await assert.rejects(ask(askTiny, AbortSignal.abort(new Error('too late'))), /too late/);
  });

  test('the estimate is not below the real count', async () => {
    assert.ok(tiny.model.countTokens('Hällo 😀') >= Buffer.byteLength('Hällo 😀'));
  });
});

describe('the local model without an end', () => {
  let tiny: TinyRuntime;
  before(async () => {
    tiny = await startTinyRuntime({ sequences: 2, queueLength: 1, threads: 1, gguf: { endless: true } });
    await tiny.runtime.load();
  });
  after(() => tiny[Symbol.asyncDispose]());

  const short = { ...askTiny, parameters: { temperature: 0, stop: ['é'] } };
  const shortText = recitedText.slice(0, recitedText.indexOf('é'));
  const ask = (request: ModelRequest) => collect(tiny.model.stream(request, { signal: never }));

  test('an answer ends with length where the context is full', async () => {
    const { text, parts } = await ask(askTiny);
    assert.ok(text.startsWith(recitedText + recitedText));
    const usage = parts.find((part) => part.type === 'usage')!;
    assert.equal(usage.promptTokens + (usage.completionTokens ?? 0), 512);
    assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'length' });
  });

  test('beyond sequences and queue it is overloaded; aborting frees sequences for those who wait', async () => {
    const aborts = [new AbortController(), new AbortController()];
    const begun = aborts.map(({ signal }) => {
      const iterator = tiny.model.stream(askTiny, { signal })[Symbol.asyncIterator]();
      return { iterator, first: iterator.next() };
    });
    await Promise.all(begun.map(({ first }) => first));
    const waiting = ask(short);
    await assert.rejects(ask(short), (error) => error instanceof ModelError && error.code === 'overloaded');
    aborts[0]!.abort(new Error('stop button'));
    await assert.rejects(drain(begun[0]!.iterator), /stop button/);
    assert.equal((await waiting).text, shortText);
    aborts[1]!.abort(new Error('stop button'));
    await assert.rejects(drain(begun[1]!.iterator), /stop button/);
    const both = await Promise.all([ask(short), ask(short)]);
    assert.deepEqual(
      both.map(({ text }) => text),
      [shortText, shortText],
    );
  });

  test('a reader that turns away frees its sequence too', async () => {
    for (let round = 0; round < 3; round++)
      for await (const parts of tiny.model.stream(askTiny, { signal: never })) {
        assert.ok(parts.length > 0);
        break;
      }
    assert.equal((await ask(short)).text, shortText);
  });
});

async function drain(iterator: AsyncIterator<unknown>): Promise<void> {
  while (!(await iterator.next()).done);
}
