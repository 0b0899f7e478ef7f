/** Which answers give a conversation its title, who writes it, and who pays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, refuse, type Script } from 'colloquy-testkit/upstream/scripted-upstream';
import { newId } from '../../../src/domain/ids.ts';
import type { Limits } from '../../../src/domain/limits/limits.ts';
import type { OrganizationSettings } from '../../../src/domain/organization.ts';
import type { Engine } from '../../../src/generation/engine.ts';
import type { TurnRequest } from '../../../src/generation/turn.ts';
import { type EngineHarness, startEngineHarness } from '../engines.ts';

async function titleOfConversation({ place }: EngineHarness, id: string): Promise<string> {
  const { reads } = place.store;
  const row = await reads
    .selectFrom('conversation')
    .select('title')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return row.title;
}

function titleCalls({ place }: EngineHarness) {
  return place.store.reads
    .selectFrom('model_call')
    .selectAll()
    .where('purpose', '=', 'title')
    .orderBy('id')
    .execute();
}

function set({ place, scope }: EngineHarness, changes: Partial<OrganizationSettings>) {
  const { organizationId } = scope;
  return place.store.execute('updateOrganizationSettings', { organizationId, changes, now: Date.now() });
}

async function say(
  h: EngineHarness,
  engine: Engine,
  text: string,
  more: Partial<TurnRequest> = {},
  sessionId?: string,
) {
  const target = sessionId === undefined ? { text } : ({ kind: 'session', sessionId, text } as const);
  const accepted = await engine.accept(h.turn(target, more));
  const { outcome } = await engine.answer(accepted.generationId);
  await engine.titlesWritten();
  return { ...accepted, outcome };
}

async function makeKey({ place, scope }: EngineHarness, limits: Limits): Promise<string> {
  const id = newId();
  await place.store.execute('createApiKey', {
    id,
    organizationId: scope.organizationId,
    name: 'limited',
    type: 'prod',
    prefix: 'sk_prod_x',
    hash: id,
    defaultPersonaId: null,
    limits,
    allowedOrigins: null,
    expiresAt: null,
    now: Date.now(),
  });
  return id;
}

/** Says one word, tells what it cost, and then breaks. */
const breaksOff: Script = {
  steps: [
    { do: 'headers' },
    { do: 'tokens', tokens: ['Half'] },
    { do: 'usage', promptTokens: 30, completionTokens: 4 },
    { do: 'error', type: 'server_error', message: 'out of memory' },
  ],
};

onBothStores('tries for a title', (storeEngine) => {
  test('the first answer failed: the next one gives the title, of the whole conversation', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start(undefined, { titles: true });
    h.upstream.enqueue(refuse(500), answer('Vectors are rows.'), answer('About vectors'));
    const { conversationId, sessionId } = await say(h, engine, 'What are vectors?');
    assert.equal(await titleOfConversation(h, conversationId), 'What are vectors?');
    await say(h, engine, 'Well?', {}, sessionId);
    assert.equal(await titleOfConversation(h, conversationId), 'About vectors');
    const asked = JSON.stringify(h.upstream.requests[2]?.body);
    assert.match(asked, /What are vectors\?.*Well\?.*Vectors are rows/);
  });

  test('what fails is accounted and tried again, three times in all', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start(undefined, { titles: true });
    h.upstream.enqueue(answer('One'), breaksOff);
    const { conversationId, sessionId } = await say(h, engine, 'Some words');
    const [failed] = await titleCalls(h);
    assert.ok((failed?.completion_tokens ?? 0) > 0, 'its tokens were spent');
    h.upstream.enqueue(
      answer('Two'),
      answer('<think>'),
      answer('Three'),
      answer("I'm sorry, I can't do that"),
    );
    await say(h, engine, 'More', {}, sessionId);
    await say(h, engine, 'Still more', {}, sessionId);
    assert.equal((await titleCalls(h)).length, 3);
    h.upstream.enqueue(answer('Four'));
    await say(h, engine, 'And more', {}, sessionId);
    assert.equal((await titleCalls(h)).length, 3, 'not a fourth time');
    assert.equal(h.upstream.requests.length, 7);
    assert.equal(await titleOfConversation(h, conversationId), 'Some words');
  });

  test('a model may think before the title, and what it thought is paid for', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start(undefined, { titles: true });
    const reasoning = Array.from({ length: 400 }, (_, n) => `thought${n} `);
    h.upstream.enqueue(answer('Fine'), answer('Deep thoughts', { reasoning, usage: null }));
    const { conversationId } = await say(h, engine, 'Think');
    assert.equal(await titleOfConversation(h, conversationId), 'Deep thoughts');
    const bound = Number(h.upstream.requests[1]?.body?.max_tokens);
    assert.ok(bound >= 600, `${bound} tokens leave room for thinking`);
    const [call] = await titleCalls(h);
    assert.ok((call?.completion_tokens ?? 0) >= 400, `${call?.completion_tokens} tokens`);
  });

  test('the organization says whether, by whom and how', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start(undefined, { titles: false });
    const { organizationId } = h.scope;
    h.upstream.setDefault(answer('Fine'));
    const plain = await say(h, engine, 'Hello there');
    assert.equal(h.upstream.requests.length, 1, 'off in the environment');
    const id = newId();
    const settings = {
      name: 'helper',
      provider: 'openai-compatible',
      model: 'helper',
      baseUrl: h.upstream.openAiUrl,
    } as const;
    await h.place.store.execute('createModel', {
      id,
      organizationId,
      settings,
      byOperator: true,
      now: Date.now(),
    });
    h.upstream.script('helper', answer('Helped'));
    await set(h, { titles: 'on', helperModelId: id, titlePrompt: 'Call it something.' });
    await say(h, engine, 'Go on', {}, plain.sessionId);
    assert.equal(await titleOfConversation(h, plain.conversationId), 'Helped');
    const asked = h.upstream.requests.at(-1);
    assert.equal(asked?.model, 'helper');
    assert.equal(asked?.body?.messages?.[0]?.content, 'Call it something.');
    assert.equal((await titleCalls(h))[0]?.model_id, id);

    await h.place.store.execute('updateModel', {
      organizationId,
      id,
      changes: { isActive: false },
      byOperator: true,
      now: Date.now(),
    });
    await say(h, engine, 'Another');
    assert.equal(h.upstream.requests.at(-1)?.model, 'scripted', 'an inactive helper is passed over');
    await set(h, { titles: 'off' });
    const count = h.upstream.requests.length;
    await say(h, engine, 'A third');
    assert.equal(h.upstream.requests.length, count + 1);
  });

  test('titles count against the limits of the key, and are left out while they are spent', async () => {
    await using h = await startEngineHarness(storeEngine);
    let nowMs = Date.UTC(2026, 10, 22, 12);
    const engine = await h.start(undefined, { titles: true, now: () => nowMs });
    const limits = { tokens_per_minute: 1000 };
    const id = await makeKey(h, limits);
    const key = { apiKeyId: id, limits: [{ subject: 'key', id, limits }] as const };
    const usage = { promptTokens: 900, completionTokens: 200 };
    h.upstream.enqueue(answer('Fine', { usage }));
    const { conversationId, sessionId } = await say(h, engine, 'Spend it all', key);
    assert.equal((await titleCalls(h)).length, 0, 'nothing is left for a title');
    nowMs += 120_000;
    h.upstream.enqueue(answer('Fine'), answer('At last', { usage }));
    await say(h, engine, 'Again', key, sessionId);
    assert.equal(await titleOfConversation(h, conversationId), 'At last');
    await assert.rejects(say(h, engine, 'And again', key, sessionId), /tokens a minute/);
  });
});
