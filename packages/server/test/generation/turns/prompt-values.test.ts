/** What is filled into a persona's prompt is settled once for a turn, whoever runs it and whenever, on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { conversationScope } from '../../../src/auth/scopes.ts';
import { newId } from '../../../src/domain/ids.ts';
import { type EngineHarness, readLog, startEngineHarness } from '../engines.ts';

const day = 86_400_000;
const evening = Date.parse('2026-11-27T23:59:59.000Z');
const prompt = 'Day {{date}}; user {{user_id}}; plan {{metadata.plan}}; page {{metadata.page}}; \\{{kept}}.';

/** A version of the harness's persona with this prompt. */
async function persona(h: EngineHarness, systemPrompt = prompt) {
  const reference = { organizationId: h.scope.organizationId, id: h.persona.personaId, now: evening };
  await h.place.store.execute('putNextVersion', {
    ...reference,
    revision: {
      ...{ systemPrompt, modelId: h.modelId, temperature: null, topP: null, maxTokens: null },
      ...{ stop: null, seed: null, internet: false, fallbacks: [] },
    },
  });
  await h.place.store.execute('submitPersona', reference);
  return { personaId: h.persona.personaId, version: 2 };
}

async function sent(h: EngineHarness, call: number): Promise<string | undefined> {
  return (await h.upstream.request(call)).body?.messages?.[0]?.content;
}

onBothStores('values of a prompt', (storeEngine) => {
  test('a turn that is taken up after midnight is sent the same text', async () => {
    await using h = await startEngineHarness(storeEngine, { canContinue: true });
    h.upstream.enqueue(
      { steps: [{ do: 'tokens', tokens: ['It '], intervalMs: 1 }, { do: 'stall' }] },
      answer('is late.'),
    );
    let now = evening;
    const dying = await h.start(undefined, { leaseMs: 300, now: () => now });
    const target = { kind: 'new-conversation', text: 'Hello', persona: await persona(h) } as const;
    const { generationId } = await dying.accept(
      h.turn(target, { sessionMetadata: { plan: 'gold', page: '/prices' } }),
    );
    const log = readLog(dying, generationId);
    await log.until(4);
    await dying[Symbol.asyncDispose]();
    now += day;
    const next = await h.start(undefined, { leaseMs: 300, now: () => now });
    await readLog(next, generationId).ended;
    assert.equal(await sent(h, 0), 'Day 2026-11-27; user ; plan gold; page /prices; {{kept}}.');
    assert.equal(await sent(h, 1), await sent(h, 0));
  });

  test('what every object has is no metadata', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue(answer('Yes.'));
    const engine = await h.start();
    const names = ['constructor', '__proto__', 'toString'].map((name) => `{{metadata.${name}}}`);
    const target = {
      kind: 'new-conversation',
      text: 'Hello',
      persona: await persona(h, `<${names.join('')}>`),
    } as const;
    const { generationId } = await engine.accept(h.turn(target, { sessionMetadata: { plan: 'gold' } }));
    await readLog(engine, generationId).ended;
    assert.equal(await sent(h, 0), '<>');
  });

  test('a turn that waits has the values of when it was asked', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue(
      { steps: [{ do: 'tokens', tokens: ['It '], intervalMs: 1 }, { do: 'stall' }] },
      answer('Later.'),
    );
    let now = evening;
    const engine = await h.start(undefined, { now: () => now });
    const first = await engine.accept(
      h.turn({ kind: 'new-conversation', text: 'One', persona: await persona(h) }),
    );
    await readLog(engine, first.generationId).until(4);
    const second = await engine.accept(
      h.turn({ kind: 'session', sessionId: first.sessionId, text: 'Two' }, { whenBusy: 'queue' }),
    );
    now += day;
    await engine.cancel(h.scope, first.generationId);
    await readLog(engine, second.generationId).ended;
    assert.match((await sent(h, 1)) ?? '', /^Day 2026-11-27;/);
  });

  test('an answer that goes on has the values of the one before, another attempt its own', async () => {
    await using h = await startEngineHarness(storeEngine, { canContinue: true });
    h.upstream.enqueue(
      { steps: [{ do: 'tokens', tokens: ['It '], intervalMs: 1 }, { do: 'stall' }] },
      answer('went on.'),
      answer('Anew.'),
    );
    let now = evening;
    const engine = await h.start(undefined, { now: () => now });
    const first = await engine.accept(
      h.turn(
        { kind: 'new-conversation', text: 'One', persona: await persona(h) },
        { metadata: { plan: 'gold' } },
      ),
    );
    await readLog(engine, first.generationId).until(4);
    await engine.cancel(h.scope, first.generationId);
    await readLog(engine, first.generationId).ended;
    now += day;
    const { userMessageId: messageId, answerMessageId: continueFrom } = first;
    const on = await engine.accept(h.turn({ kind: 'message', messageId, again: true, continueFrom }));
    await readLog(engine, on.generationId).ended;
    const anew = await engine.accept(h.turn({ kind: 'message', messageId, again: true }));
    await readLog(engine, anew.generationId).ended;
    assert.equal(await sent(h, 1), await sent(h, 0));
    assert.equal(await sent(h, 2), 'Day 2026-11-28; user ; plan gold; page ; {{kept}}.');
  });

  test('the nearest metadata counts, in each place where a turn can go', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue(...Array.from({ length: 6 }, () => answer('Yes.')));
    const engine = await h.start(undefined, { now: () => evening });
    const run = async (...asked: Parameters<typeof h.turn>) => {
      const accepted = await engine.accept(h.turn(...asked));
      await readLog(engine, accepted.generationId).ended;
      return accepted;
    };
    const version = await persona(h, '{{user_id}}|{{metadata.a}}|{{metadata.b}}|{{metadata.c}}');
    const externalId = 'ada\nof Acme';
    const { id: endUserId } = await h.place.store.execute('ensureEndUser', {
      ...{ id: newId(), organizationId: h.scope.organizationId, environment: 'prod', externalId },
      now: evening,
    });
    const scope = conversationScope(h.scope.organizationId, 'prod', endUserId);
    const first = await run(
      { kind: 'new-conversation', text: 'One', persona: version },
      { scope, sessionMetadata: { a: 'session', b: 'session', c: 'session' }, metadata: { c: 'turn' } },
    );
    await h.place.store.execute('updateConversation', {
      ...{ scope, id: first.conversationId, now: evening },
      changes: { metadata: { a: 'conversation', d: 'x' }, updatedAt: evening },
    });
    const { sessionId, answerMessageId: messageId } = first;
    const text = [{ type: 'text', text: 'More' } as const];
    const messages = [{ role: 'user', parts: text, metadata: { b: 'message' } } as const];
    // The key continues what is the user's.
    const second = await run({ kind: 'session', sessionId, messages });
    await run({ kind: 'message', messageId: second.userMessageId, again: true });
    await run({ kind: 'behind', messageId, messages });
    await run({ kind: 'fork', messageId, messages });
    await run({
      kind: 'stateless',
      behind: messageId,
      messages: [{ role: 'user', parts: text }],
      persona: version,
    });
    const texts = await Promise.all([0, 1, 2, 3, 4, 5].map((call) => sent(h, call)));
    assert.deepEqual(texts, [
      'ada of Acme|session|session|turn',
      'ada of Acme|session|message|session',
      'ada of Acme|session|message|session',
      'ada of Acme|session|message|session',
      'ada of Acme|conversation|message|',
      'ada of Acme|session|session|session',
    ]);
  });

  test('a fallback is sent the same text, and the length of what is filled in is counted', async () => {
    await using h = await startEngineHarness(storeEngine);
    const spare = newId();
    await h.place.store.execute('createModel', {
      ...{ id: spare, organizationId: h.scope.organizationId, byOperator: true, now: evening },
      settings: {
        ...{ name: 'spare', provider: 'openai-compatible', model: 'spare', baseUrl: h.upstream.openAiUrl },
        ...{ apiKeyEncrypted: null, apiKeyEnv: null, contextWindow: 4000, maxOutputTokens: null },
        ...{ prices: null, isActive: true, canContinue: false },
      },
    });
    await h.place.store.execute('updateModel', {
      ...{ organizationId: h.scope.organizationId, id: h.modelId, byOperator: true, now: evening },
      changes: { fallbacks: [spare] },
    });
    h.upstream.enqueue(refuse(500), answer('Yes.'));
    const engine = await h.start(undefined, { now: () => evening });
    const version = await persona(h);
    const target = { kind: 'new-conversation', text: 'One', persona: version } as const;
    const { generationId } = await engine.accept(h.turn(target, { metadata: { plan: 'gold' } }));
    await readLog(engine, generationId).ended;
    assert.equal(await sent(h, 0), 'Day 2026-11-27; user ; plan gold; page ; {{kept}}.');
    assert.equal(await sent(h, 1), await sent(h, 0));
    const long = await persona(h, '{{metadata.plan}}'.repeat(60));
    await assert.rejects(
      engine.accept(
        h.turn({ ...target, persona: { ...long, version: 3 } }, { metadata: { plan: 'word '.repeat(100) } }),
      ),
      { code: 'context_overflow' },
    );
  });
});
