/** Every generation that ends is told of once, with all that a log line and metrics need. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { AppError } from '../../../src/domain/errors.ts';
import type { EndedGeneration } from '../../../src/generation/running/ended.ts';
import { acceptAs, type EngineHarness, readLog, startEngineHarness } from '../engines.ts';

const options = { timeout: 30_000 };

async function startTelling(h: EngineHarness, more: object = {}) {
  const told: EndedGeneration[] = [];
  const engine = await h.start(undefined, { onEnded: (ended) => told.push(ended), ...more });
  return { told, engine };
}

onBothStores('the end of a generation', (storeEngine) => {
  test('tells what a good answer has cost, and the store keeps it', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue(answer('Well then', { usage: { promptTokens: 1000, completionTokens: 500 } }));
    const { told, engine } = await startTelling(h);
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    await readLog(engine, generationId).ended;
    const view = await engine.get(h.scope, generationId);
    const [ended, ...others] = told;
    assert.ok(ended !== undefined && others.length === 0);
    assert.equal(ended.generationId, generationId);
    assert.equal(ended.outcome.status, 'done');
    assert.equal(ended.outcome.usage.prompt_tokens, 1000);
    assert.equal(ended.cost, 0.002);
    assert.equal(ended.retries, 0);
    const { facts } = ended;
    assert.equal(facts.organizationId, h.scope.organizationId);
    assert.equal(facts.personaId, h.persona.personaId);
    assert.equal(facts.dialect, 'chat');
    assert.equal(facts.model.name, 'scripted');
    assert.equal(facts.requestedModelId, h.modelId);
    assert.ok(ended.firstTokenMs !== null && ended.firstTokenMs <= ended.ms);
    assert.equal(view.cost, 0.002);
    assert.equal(view.retries, 0);
    assert.equal(view.requestedModelId, h.modelId);
  });

  test('tells why it failed, in the words of the provider', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue(refuse(400, { message: 'the region is not served' }));
    const { told, engine } = await startTelling(h);
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    await readLog(engine, generationId).ended;
    await engine.titlesWritten();
    assert.equal(told.length, 1);
    assert.equal(told[0]?.outcome.error?.code, 'provider_error');
    assert.match(told[0]?.outcome.error?.message ?? '', /the region is not served/);
    assert.equal(told[0]?.firstTokenMs, null);
  });

  test('tells of a running and of a queued turn that are cancelled', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['Half'] }, { do: 'stall' }] });
    const { told, engine } = await startTelling(h);
    const first = await engine.accept(h.turn({ text: 'Hi' }));
    await readLog(engine, first.generationId).until(4);
    const second = await engine.accept(
      h.turn({ kind: 'session', sessionId: first.sessionId, text: 'And?' }, { whenBusy: 'queue' }),
    );
    await engine.cancel(h.scope, second.generationId);
    await engine.cancel(h.scope, second.generationId);
    await engine.cancel(h.scope, first.generationId);
    await engine.titlesWritten();
    assert.deepEqual(
      told.map(({ generationId, outcome: { status } }) => [generationId, status]),
      [
        [second.generationId, 'cancelled'],
        [first.generationId, 'cancelled'],
      ],
    );
  });

  test('tells of what a dead process left, and of what can not start', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const { owner } = await h.place.store.execute('registerOwner', { leaseMs: 0 });
    const left = await acceptAs(h, owner);
    const { told, engine } = await startTelling(h, {
      models: {
        get() {
          throw new AppError('model_unavailable', 'the key of the model can not be opened');
        },
        async whenReady() {
          throw new AppError('model_unavailable', 'the key of the model can not be opened');
        },
      },
    });
    await readLog(engine, left.generationId).ended;
    await engine.titlesWritten();
    assert.deepEqual(
      told.map(({ generationId, outcome: { status } }) => [generationId, status]),
      [[left.generationId, 'interrupted']],
    );
  });
});
