/** How a model is asked beside the answers; no test here needs the store. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelCall } from '../../../src/domain/usage.ts';
import { SideCalls, type SideQuestion } from '../../../src/generation/calls/side-calls.ts';
import { createProcessLimiter } from '../../../src/limits/limiter.ts';
import type { LanguageModel, ModelPart, ModelRequest } from '../../../src/models/language-model.ts';
import { ModelError } from '../../../src/models/model-error.ts';
import type { Database } from '../../../src/store/store.ts';

const sideCalls = new SideCalls({
  reads: {} as Database,
  models: {
    get: () => assert.fail('not asked'),
    whenReady: () => assert.fail('not asked'),
  },
  limitsOf: async () => [],
  limiter: createProcessLimiter(),
  storedLimits: {
    reserveCall: () => assert.fail('nothing is limited'),
    release: () => assert.fail('nothing is reserved'),
  },
  owner: () => 1,
  now: () => 1,
});
const accounting = {
  organizationId: 'o',
  environment: 'prod',
  endUserId: null,
  apiKeyId: null,
  personaId: null,
} as const;

/** A model that gives what `reply` makes of the request. */
function writerOf(
  reply: (request: ModelRequest) => readonly ModelPart[],
  more: { maxOutputTokens?: number } = {},
) {
  const requests: ModelRequest[] = [];
  const model: LanguageModel = {
    provider: 'test',
    canContinue: false,
    followsPrompts: true,
    writesQueries: true,
    skipsReasoning: true,
    async *stream(request) {
      requests.push(request);
      for (const part of reply(request)) yield [part];
      yield [{ type: 'finish', reason: 'stop' }];
    },
    countTokens: (text) => Math.ceil(text.length / 4),
  };
  const record = {
    ...{ id: 'm', prices: null, contextWindow: 8000, maxOutputTokens: null },
    ...{ updatedAt: 1, learntAt: null, learnt: {} },
    ...more,
  };
  return { writer: { model, record } as never, requests };
}

async function ask(writer: never, more: Partial<SideQuestion> = {}) {
  const calls: ModelCall[] = [];
  const question = {
    purpose: 'title',
    generationId: null,
    messages: [{ role: 'user', text: 'Name it' }],
    replyTokens: 100,
    signal: new AbortController().signal,
    onCall: (call: ModelCall) => calls.push(call),
    ...more,
  } as const;
  const reply = await sideCalls.ask(writer, accounting, question).catch((error: unknown) => error);
  return { reply, calls };
}

test('a server that refuses to leave reasoning out is asked with it, and from then on at once', async () => {
  const refusal = new ModelError('provider_error', 'unknown field', { retryable: false, status: 400 });
  const { writer, requests } = writerOf((request) => {
    if (request.withoutReasoning) throw refusal;
    return [{ type: 'text', text: 'Name' }];
  });
  const first = await ask(writer);
  assert.equal(first.reply, 'Name');
  assert.equal(first.calls.length, 2, 'both calls are accounted');
  const times = first.calls.map((call) => [typeof call.firstTokenMs, typeof call.durationMs]);
  assert.deepEqual(times, [
    ['object', 'object'],
    ['number', 'number'],
  ]);
  await ask(writer);
  assert.deepEqual(
    requests.map(({ withoutReasoning }) => withoutReasoning ?? false),
    [true, false, false],
  );
});

test('another failure is not tried again, and what it has cost is accounted', async () => {
  const { writer, requests } = writerOf(function* () {
    yield { type: 'reasoning', text: 'x'.repeat(400) } as const;
    throw new ModelError('provider_error', 'out of memory', { retryable: false, status: 500 });
  } as never);
  const { reply, calls } = await ask(writer);
  assert.ok(reply instanceof ModelError);
  assert.equal(requests.length, 1);
  assert.equal(calls[0]?.completionTokens, 100);
  assert.equal(calls[0]?.provenance, 'estimated');
});

test('the bound has room for thinking, within what the model may write', async () => {
  const text: readonly ModelPart[] = [{ type: 'text', text: 'Name' }];
  const wide = writerOf(() => text);
  await ask(wide.writer);
  assert.equal(wide.requests[0]?.parameters.maxTokens, 4196);
  const full = writerOf(() => text);
  await ask(full.writer, { messages: [{ role: 'user', text: 'word '.repeat(5000) }] });
  const left = full.requests[0]?.parameters.maxTokens ?? 0;
  assert.ok(left > 1200 && left < 8000 - 6250, `${left} tokens`);
  const narrow = writerOf(() => text, { maxOutputTokens: 300 });
  await ask(narrow.writer);
  assert.equal(narrow.requests[0]?.parameters.maxTokens, 300);
});

test('a model that does not stop is broken off, and its reply cut', async () => {
  let count = 0;
  const { writer } = writerOf(function* () {
    for (; count < 1e6; count++) yield { type: 'text', text: '😀blah ' } as const;
  } as never);
  const { reply, calls } = await ask(writer);
  assert.equal(typeof reply, 'string');
  assert.ok((reply as string).length <= 600 && (reply as string).isWellFormed());
  assert.ok(count < 6000, `${count} parts were read`);
  assert.equal(calls.length, 1);
});

test('text that turns out to be reasoning is no reply', async () => {
  const { writer } = writerOf(() => [
    { type: 'text', text: 'Okay, the user wants a title.' },
    { type: 'text-was-reasoning' },
    { type: 'text', text: 'Vectors' },
  ]);
  assert.equal((await ask(writer)).reply, 'Vectors');
});
