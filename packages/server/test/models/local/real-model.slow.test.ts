import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ModelRequest } from '../../../src/models/language-model.ts';
import { createLocalRuntime } from '../../../src/models/local/process/runtime.ts';
import { collect } from './gguf-runtime.ts';

const never = new AbortController().signal;
const repository = fileURLToPath(new URL('../../../../..', import.meta.url));
const modelPath =
  process.env.COLLOQUY_TEST_MODEL ??
  globSync('../shared/models/*.gguf', { cwd: repository }).map((path) => `${repository}/${path}`)[0];

const format = (schema: Record<string, unknown>) => ({ type: 'json_schema', name: 'it', schema }) as const;

describe('a real model', {
  skip: modelPath === undefined && 'no GGUF file in ../shared/models or COLLOQUY_TEST_MODEL',
}, () => {
  test('is held to a form by a grammar', async () => {
    await using runtime = createLocalRuntime({ modelPath: modelPath!, sequences: 2, contextTokens: 1024 });
    const messages = [{ role: 'user' as const, text: 'Who is Ada Lovelace?' }];
    const parameters = { temperature: 0.8, seed: 7, maxTokens: 200 };
    const ask = async (responseFormat: ModelRequest['responseFormat'] & object) =>
      (await collect(runtime.model.stream({ messages, parameters, responseFormat }, { signal: never }))).text;

    const person = JSON.parse(
      await ask(
        format({
          type: 'object',
          properties: {
            name: { type: 'string', maxLength: 20 },
            born: { type: ['integer', 'null'] },
            kind: { $ref: '#/$defs/kind' },
            tags: { type: 'array', items: { type: 'boolean' }, maxItems: 2 },
          },
          required: ['name'],
          additionalProperties: false,
          $defs: { kind: { enum: ['poet', 'mathematician'] } },
        }),
      ),
    );
    assert.deepEqual(Object.keys(person), ['name', 'born', 'kind', 'tags']);
    assert.ok(['poet', 'mathematician'].includes(person.kind));
    assert.ok(person.born === null || Number.isInteger(person.born));
    assert.ok(person.name.length <= 20 && person.tags.length <= 2);

    assert.match(await ask(format({ enum: ['yes', 'no'] })), /^"(?:yes|no)"$/);
    assert.match(await ask({ type: 'json_object' }), /^\{/);
    assert.match(runtime.model.unfitSchema?.({ not: {} }) ?? '', /not/);
    assert.equal(runtime.model.unfitSchema?.({ type: 'object' }), undefined);
  });

  test('streams, continues, stops, cancels and serves several at once', async () => {
    await using runtime = createLocalRuntime({ modelPath: modelPath!, sequences: 2, contextTokens: 1024 });
    const info = await runtime.load();
    assert.equal(info.contextTokens, 1024);
    const messages = [{ role: 'user' as const, text: 'Count from one to ten in words.' }];
    const parameters = { temperature: 0, maxTokens: 24 };

    const whole = await collect(runtime.model.stream({ messages, parameters }, { signal: never }));
    assert.ok(whole.text.length > 10);
    assert.ok(whole.batches > 3);
    const usage = whole.parts.find((part) => part.type === 'usage')!;
    const { promptTokens, completionTokens = 0 } = usage;
    assert.ok(promptTokens > 8 && completionTokens > 0 && completionTokens <= 24);
    assert.ok(runtime.model.countTokens(messages[0]!.text) > 5);

    const word = /\w+/.exec(whole.text)![0];
    const stopped = await collect(
      runtime.model.stream({ messages, parameters: { ...parameters, stop: [word] } }, { signal: never }),
    );
    assert.equal(stopped.text, whole.text.slice(0, whole.text.indexOf(word)));

    const shown = whole.parts.filter((part) => part.type === 'text').map((part) => part.text);
    const open = { role: 'assistant' as const, text: shown.slice(0, 6).join('') };
    const [continued, other] = await Promise.all([
      collect(
        runtime.model.stream(
          { messages: [...messages, open], parameters, continueLast: true },
          { signal: never },
        ),
      ),
      collect(
        runtime.model.stream(
          { messages: [{ role: 'user', text: 'Say hello.' }], parameters },
          { signal: never },
        ),
      ),
    ]);
    assert.equal(open.text + continued.text.slice(0, shown[6]!.length), shown.slice(0, 7).join(''));
    assert.ok(other.text.length > 0);

    const abort = new AbortController();
    await assert.rejects(
      collect(runtime.model.stream({ messages, parameters: {} }, { signal: abort.signal }), () =>
        abort.abort(new Error('stop button')),
      ),
      /stop button/,
    );
  });
});
