/** How a model is asked beside the answers; no test here needs the store. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LearntFacts, ModelRecord } from '../../../src/domain/model.ts';
import type { ModelCall } from '../../../src/domain/usage.ts';
import { SideCalls, type SideQuestion } from '../../../src/generation/calls/side-calls.ts';
import { createProcessLimiter } from '../../../src/limits/limiter.ts';
import type { LanguageModel, ModelPart, ModelRequest } from '../../../src/models/language-model.ts';
import { ModelError } from '../../../src/models/model-error.ts';
import type { Overflow } from '../../../src/models/refusals/overflow.ts';
import type { Database } from '../../../src/store/store.ts';

const learnt: LearntFacts[] = [];
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
  learn: (_record, facts) => void learnt.push(facts),
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
function writerOf(reply: (request: ModelRequest) => readonly ModelPart[], more: Partial<ModelRecord> = {}) {
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

const tooLong = (overflow?: Overflow): ModelError =>
  new ModelError('context_overflow', 'too long', { retryable: false, status: 400, overflow });

/** A model of a window that nobody knows; `window` is its real one. */
function smallWriter(id: string, window: number, overflow?: Overflow) {
  return writerOf(
    ({ messages, parameters }) => {
      const prompt = messages.reduce((sum, { text }) => sum + Math.ceil(text.length / 4), 0);
      if (prompt + (parameters.maxTokens ?? 0) > window) throw tooLong(overflow);
      return [{ type: 'text', text: 'Name' }];
    },
    { id, contextWindow: null, provider: 'openai-compatible', contextWindowSource: 'assumed' },
  );
}

test('room to think that a window does not have is not asked for again, whether the window is named or not', async () => {
  for (const overflow of [{ windowTokens: 2000 }, {}, undefined]) {
    const { writer, requests } = smallWriter(`named ${JSON.stringify(overflow)}`, 2000, overflow);
    learnt.length = 0;
    const { reply, calls } = await ask(writer);
    assert.equal(reply, 'Name');
    assert.equal(calls.length, 2, 'both calls are accounted');
    assert.equal((await ask(writer)).calls.length, 1);
    assert.deepEqual(
      learnt.map(({ contextWindow }) => contextWindow),
      overflow?.windowTokens === undefined ? [] : [2000],
    );
    assert.ok((requests[1]?.parameters.maxTokens ?? 0) >= 100);
  }
});

test('messages that are too long are made anew for the window, once', async () => {
  const { writer, requests } = smallWriter('anew', 1000, { windowTokens: 1000 });
  const messages = [{ role: 'user', text: 'word '.repeat(1000) }] as const;
  const short = [{ role: 'user', text: 'word '.repeat(100) }] as const;
  assert.equal((await ask(writer, { messages, fitAnew: () => short })).reply, 'Name');
  assert.deepEqual(
    requests.map((request) => request.messages),
    [messages, short],
  );
  for (const fitAnew of [undefined, () => messages]) {
    const before = requests.length;
    const { reply } = await ask(writer, { messages, ...(fitAnew && { fitAnew }) });
    assert.ok(reply instanceof ModelError && reply.code === 'context_overflow');
    assert.equal(requests.length, before + 1, 'what can not be made shorter is not sent again');
  }
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
