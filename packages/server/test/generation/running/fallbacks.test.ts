/** A model that fails before its first token is replaced by the models that its persona's version and it name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { AppError } from '../../../src/domain/errors.ts';
import { newId } from '../../../src/domain/ids.ts';
import type { Engine } from '../../../src/generation/engine.ts';
import type { EndedGeneration } from '../../../src/generation/running/ended.ts';
import { type EngineHarness, readLog, startEngineHarness, textOf } from '../engines.ts';

const options = { timeout: 30_000 };

/** Adds a model at an address of its own, with an account of its own. */
async function addModel(h: EngineHarness, name: string, more: object = {}): Promise<string> {
  const id = newId();
  await h.place.store.execute('createModel', {
    id,
    organizationId: h.scope.organizationId,
    byOperator: true,
    now: Date.now(),
    settings: {
      name,
      provider: 'openai-compatible',
      model: name,
      baseUrl: `${h.upstream.url}/${name}/v1`,
      apiKeyEncrypted: null,
      apiKeyEnv: null,
      contextWindow: 4000,
      maxOutputTokens: null,
      prices: { input: 10, output: 20 },
      isActive: true,
      canContinue: false,
      ...more,
    },
  });
  return id;
}

async function change(h: EngineHarness, id: string, changes: object): Promise<void> {
  const { organizationId } = h.scope;
  await h.place.store.execute('updateModel', {
    id,
    organizationId,
    changes,
    byOperator: true,
    now: Date.now(),
  });
}

/** Gives the persona a version with these fallbacks. */
async function versionWith(h: EngineHarness, fallbacks: readonly string[]): Promise<number> {
  const reference = { organizationId: h.scope.organizationId, id: h.persona.personaId };
  const nothing = { temperature: null, topP: null, maxTokens: null, stop: null, seed: null };
  const revision = { systemPrompt: 'Be.', modelId: h.modelId, ...nothing, internet: false, fallbacks };
  await h.place.store.execute('putNextVersion', { ...reference, now: Date.now(), revision });
  await h.place.store.execute('submitPersona', { ...reference, now: Date.now() });
  return 2;
}

async function ended(h: EngineHarness, engine: Engine, target: object = { text: 'Hi' }) {
  const { generationId, sessionId } = await engine.accept(h.turn(target));
  const log = readLog(engine, generationId);
  await log.ended;
  const calls = await h.place.store.reads
    .selectFrom('model_call')
    .select(['purpose', 'model_id', 'cost'])
    .where('generation_id', '=', generationId)
    .orderBy('id')
    .execute();
  const view = await engine.get(h.scope, generationId);
  const message = await h.place.store.reads
    .selectFrom('message')
    .select('model_id')
    .where('id', '=', view.messageId)
    .executeTakeFirstOrThrow();
  const tried = calls.map(({ purpose, model_id }) => [purpose, model_id]);
  return { generationId, sessionId, text: textOf(log), view, tried, messageModel: message.model_id };
}

onBothStores('fallbacks', (storeEngine) => {
  const failures = {
    'a refusal': refuse(400, { message: 'no such thing' }),
    'a refused key': refuse(401),
    'too many requests': refuse(429),
    'an error of the server': refuse(500),
    'a broken connection': { steps: [{ do: 'drop' }] },
    'an error as first event': { steps: [{ do: 'error', type: 'server_error', message: 'no' }] },
  } as const;
  for (const [what, script] of Object.entries(failures)) {
    test(`${what} leads to the fallback, which is named everywhere`, options, async () => {
      await using h = await startEngineHarness(storeEngine);
      const spare = await addModel(h, 'spare');
      await change(h, h.modelId, { fallbacks: [spare] });
      h.upstream.script('scripted', script);
      h.upstream.script(
        'spare',
        answer('From the spare', { usage: { promptTokens: 100, completionTokens: 50 } }),
      );
      const told: EndedGeneration[] = [];
      const engine = await h.start(undefined, { onEnded: (one) => told.push(one) });
      const { text, view, tried, messageModel, sessionId } = await ended(h, engine);
      assert.equal(text, 'From the spare');
      assert.equal(view.status, 'done');
      assert.deepEqual(view.model, { id: spare, name: 'spare', provider: 'openai-compatible' });
      assert.equal(view.requestedModelId, h.modelId);
      assert.equal(messageModel, spare);
      assert.deepEqual(tried, [
        ['answer', h.modelId],
        ['fallback', spare],
      ]);
      assert.equal(view.cost, 0.002);
      assert.equal(told[0]?.facts.model.name, 'spare');
      assert.equal(told[0]?.facts.requestedModelId, h.modelId);
      assert.ok((told[0]?.providerErrors.length ?? 0) >= 1);
      assert.ok(told[0]?.providerErrors.every(({ reason, at }) => reason.length > 10 && at > 0));
      assert.deepEqual(
        told[0]?.providerTimes.map(({ firstTokenMs, durationMs }) => [
          firstTokenMs !== null,
          durationMs !== null,
        ]),
        [
          [false, false],
          [true, true],
        ],
      );
      const session = await h.place.store.reads
        .selectFrom('session')
        .select('model_id')
        .where('id', '=', sessionId)
        .executeTakeFirstOrThrow();
      assert.equal(session.model_id, h.modelId);
    });
  }

  test('what failed after its first token is not tried elsewhere', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const spare = await addModel(h, 'spare');
    await change(h, h.modelId, { fallbacks: [spare] });
    h.upstream.script('scripted', {
      steps: [
        { do: 'tokens', tokens: ['Half'] },
        { do: 'error', type: 'server_error', message: 'no' },
      ],
    });
    const { text, view, tried } = await ended(h, await h.start());
    assert.equal(text, 'Half');
    assert.equal(view.status, 'failed');
    assert.equal(view.model.id, h.modelId);
    assert.deepEqual(tried, [['answer', h.modelId]]);
  });

  test(
    "the version's list comes first, then the model's; none is tried twice, and five at most",
    options,
    async () => {
      await using h = await startEngineHarness(storeEngine);
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      const ids: string[] = [];
      for (const name of names) ids.push(await addModel(h, name));
      const [a = '', b = '', c = '', d = '', e = '', f = ''] = ids;
      await change(h, h.modelId, { fallbacks: [d, b, e, f] });
      const version = await versionWith(h, [a, b, c]);
      for (const name of ['scripted', ...names])
        h.upstream.script(name, refuse(400, { message: `not ${name}` }));
      const persona = { personaId: h.persona.personaId, version };
      const target = { kind: 'new-conversation', persona, text: 'Hi' };
      const { view, tried } = await ended(h, await h.start(), target);
      assert.deepEqual(
        tried.map(([, id]) => id),
        [h.modelId, a, b, c, d, e],
      );
      assert.equal(view.status, 'failed');
      assert.match(view.error?.message ?? '', /not e/);
      assert.equal(view.model.id, e);
      assert.equal(view.requestedModelId, h.modelId);
    },
  );

  test('a disabled model counts as failed; without fallbacks it is a conflict', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const [gone, spare] = [await addModel(h, 'gone', { isActive: false }), await addModel(h, 'spare')];
    await change(h, h.modelId, { isActive: false });
    const engine = await h.start();
    const isUnavailable = (error: unknown): boolean =>
      error instanceof AppError && error.code === 'model_unavailable';
    await assert.rejects(engine.accept(h.turn({ text: 'Hi' })), isUnavailable);
    await change(h, h.modelId, { fallbacks: [gone] });
    await assert.rejects(engine.accept(h.turn({ text: 'Hi' })), isUnavailable);
    await change(h, h.modelId, { fallbacks: [gone, spare] });
    h.upstream.script('spare', answer('Here'));
    const { text, view, tried, sessionId } = await ended(h, engine);
    assert.equal(text, 'Here');
    assert.deepEqual([view.model.id, view.requestedModelId], [spare, h.modelId]);
    assert.deepEqual(tried, [['fallback', spare]]);
    await change(h, h.modelId, { isActive: true });
    const next = await ended(h, engine, { kind: 'session', sessionId, text: 'Again' });
    assert.equal(next.view.model.id, h.modelId);
  });

  test('each is fitted to its own window', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const large = await addModel(h, 'large', { contextWindow: 100_000 });
    await change(h, h.modelId, { contextWindow: 1000, fallbacks: [large] });
    h.upstream.script('large', answer('Read'));
    const { view } = await ended(h, await h.start(), { text: 'long words '.repeat(1500) });
    assert.deepEqual([view.status, view.model.id], ['done', large]);
  });

  test('a cancel ends the tries', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const spare = await addModel(h, 'spare');
    await change(h, h.modelId, { fallbacks: [spare] });
    h.upstream.script('scripted', { steps: [{ do: 'stall' }] });
    const engine = await h.start();
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    await h.upstream.request(0);
    await engine.cancel(h.scope, generationId);
    const view = await engine.get(h.scope, generationId);
    assert.deepEqual([view.status, view.model.id], ['cancelled', h.modelId]);
    assert.equal(h.upstream.requests.length, 1);
  });

  test(
    'a provider that fails again and again is passed over, and tried again after a while',
    options,
    async () => {
      await using h = await startEngineHarness(storeEngine);
      const spare = await addModel(h, 'spare');
      await change(h, h.modelId, { fallbacks: [spare] });
      h.upstream.script('scripted', refuse(500));
      h.upstream.script('spare', answer('Spare'));
      const breakers = { failures: 2, halfOpenAfterMs: 1500 };
      const engine = await h.start(undefined, { breakers });
      const asked = () => h.upstream.requests.filter(({ model }) => model === 'scripted').length;
      for (let n = 0; n < 4; n++) assert.equal((await ended(h, engine)).text, 'Spare');
      assert.equal(asked(), 2);
      h.upstream.script('scripted', answer('First'));
      let text = '';
      while (text !== 'First') text = (await ended(h, engine)).text;
      assert.equal(asked(), 3);
    },
  );

  test('an open breaker never makes fail what works', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const spare = await addModel(h, 'spare');
    h.upstream.script('scripted', refuse(500));
    h.upstream.script('spare', refuse(500));
    const engine = await h.start(undefined, { breakers: { failures: 1, halfOpenAfterMs: 600_000 } });
    assert.equal((await ended(h, engine)).view.status, 'failed');
    h.upstream.script('scripted', answer('Alone'));
    assert.equal((await ended(h, engine)).text, 'Alone');
    await change(h, h.modelId, { fallbacks: [spare] });
    const { text, view, tried } = await ended(h, engine);
    assert.equal(text, 'Alone');
    assert.equal(view.model.id, h.modelId);
    assert.deepEqual(tried.map(([, id]) => id).sort(), [h.modelId, spare].sort());
  });

  test('after a crash the answer goes on with the model that was answering', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const spare = await addModel(h, 'spare', { canContinue: true });
    await change(h, h.modelId, { fallbacks: [spare] });
    h.upstream.script('scripted', refuse(500));
    h.upstream.script('spare', { steps: [{ do: 'tokens', tokens: ['It ', 'was '] }, { do: 'stall' }] });
    const dying = await h.start(undefined, { leaseMs: 300 });
    const { generationId } = await dying.accept(h.turn({ text: 'Tell me' }));
    await readLog(dying, generationId).until(5);
    assert.equal((await dying.get(h.scope, generationId)).model.id, spare);
    await dying[Symbol.asyncDispose]();
    h.upstream.script('spare', answer('night.'));
    const next = await h.start(undefined, { leaseMs: 300 });
    const log = readLog(next, generationId);
    await log.ended;
    assert.equal(textOf(log), 'It was night.');
    const view = await next.get(h.scope, generationId);
    assert.deepEqual([view.status, view.model.id, view.requestedModelId], ['done', spare, h.modelId]);
    assert.equal(h.upstream.requests.at(-1)?.model, 'spare');
  });
});
