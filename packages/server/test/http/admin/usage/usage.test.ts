import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { decodeJwt } from 'jose';
import { conversationScope } from '../../../../src/auth/scopes.ts';
import { newId } from '../../../../src/domain/ids.ts';
import { type AdminTestApp, startAdminApp } from '../admin-app.ts';

/** A user's token, and the id of the user behind it. */
async function userOf(app: AdminTestApp, userId: string, type: 'test' | 'prod' = 'prod') {
  const { organizationId } = app.harness.scope;
  const { id: keyId, key } = await app.key(organizationId, type);
  const principal = await app.authenticator.authenticate({ apiKey: key });
  assert.equal(principal?.kind, 'api-key');
  if (principal?.kind !== 'api-key') throw new Error('no key');
  const { token } = await app.authenticator.issueEndUserToken(principal, {
    userId,
    persona: app.harness.persona,
  });
  const id = String(decodeJwt(token).sub);
  const ask = async (text: string) => {
    const scope = conversationScope(organizationId, type, id);
    return await app.engine.accept(app.harness.turn({ text }, { scope, apiKeyId: keyId }));
  };
  return { id, keyId, token, ask };
}

onBothStores('usage and end users', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());
  const { organizationId } = app.harness.scope;
  const path = `/organizations/${organizationId}`;
  const { upstream } = app.harness;

  test('usage is added up by day, model, persona, key and user, with its provenance', async () => {
    const ada = await userOf(app, 'ada');
    const grace = await userOf(app, 'grace', 'test');
    upstream.enqueue(answer('one two three', { usage: { promptTokens: 1000, completionTokens: 500 } }));
    await app.engine.answer((await ada.ask('Hi')).generationId);
    upstream.enqueue(answer('four', { usage: null }));
    await app.engine.answer((await grace.ask('Hi')).generationId);

    const day = new Date().toISOString().slice(0, 10);
    const { status, body } = await app.call('GET', `${path}/usage`);
    assert.equal(status, 200);
    assert.equal(body.group_by, 'day');
    assert.equal(body.data.length, 1);
    const [line] = body.data;
    assert.deepEqual([line.group, line.name], [day, null]);
    assert.deepEqual(line.requests, { total: 2, reported: 1, estimated: 1, unknown: 0 });
    assert.equal(line.prompt_tokens.reported, 1000);
    assert.equal(line.completion_tokens.reported, 500);
    assert.equal(line.total_tokens.reported, 1500);
    assert.ok(line.total_tokens.estimated > 0);
    assert.equal(line.total_tokens.total, 1500 + line.total_tokens.estimated);
    // The harness' model costs 1 and 2 per million.
    assert.equal(line.cost.reported, 0.002);
    assert.equal(line.unpriced_calls, 0);

    const byUser = await app.call('GET', `${path}/usage?group_by=user`);
    assert.deepEqual(
      byUser.body.data.map((one: { group: string; name: string }) => [one.group, one.name]),
      [
        [ada.id, 'ada'],
        [grace.id, 'grace'],
      ],
    );
    const byKey = await app.call('GET', `${path}/usage?group_by=key`);
    assert.deepEqual(
      byKey.body.data.map((one: { group: string; name: string }) => [one.group, one.name]),
      [
        [ada.keyId, 'a prod key'],
        [grace.keyId, 'a test key'],
      ],
    );
    const byModel = await app.call('GET', `${path}/usage?group_by=model`);
    assert.deepEqual(
      [byModel.body.data[0].group, byModel.body.data[0].name],
      [app.harness.modelId, 'scripted'],
    );
    const byPersona = await app.call('GET', `${path}/usage?group_by=persona`);
    const { personaId } = app.harness.persona;
    assert.deepEqual(
      [byPersona.body.data[0].group, byPersona.body.data[0].name],
      [String(personaId), 'Test'],
    );

    const prod = await app.call('GET', `${path}/usage?environment=prod`);
    assert.equal(prod.body.data[0].requests.total, 1);
    const past = await app.call('GET', `${path}/usage?to=2020-01-01T00:00:00Z`);
    assert.deepEqual(past.body.data, []);
  });

  test('a report of more calls than a page counts each once', async () => {
    const other = await app.organization();
    const calls = 4500;
    await insertCalls(app, other, calls);
    const { body } = await app.call('GET', `/organizations/${other}/usage?group_by=model`);
    assert.equal(body.data.length, 1);
    assert.equal(body.data[0].requests.total, calls);
    assert.equal(body.data[0].total_tokens.total, 3 * calls);
  });

  test('an export holds all of a user, and nothing of another', async () => {
    const mine = await userOf(app, 'the/exported user');
    const other = await userOf(app, 'another');
    upstream.enqueue(answer('my answer'));
    const asked = await mine.ask('my question');
    await app.engine.answer(asked.generationId);
    const { version } = await app.harness.place.store.execute('storeSummary', {
      summary: {
        id: newId(),
        sessionId: asked.sessionId,
        previousId: null,
        firstMessageId: asked.userMessageId,
        throughMessageId: asked.answerMessageId,
        throughPosition: 1,
        messageCount: 2,
        isComplete: true,
        text: 'what was said',
        tokenCount: 3,
        modelId: app.harness.modelId,
        createdAt: Date.now(),
      },
      newMessageCount: 2,
      modelCalls: [],
    });
    assert.equal(version, 1);
    upstream.enqueue(answer('their answer'));
    await app.engine.answer((await other.ask('their question')).generationId);
    const url = `${path}/users/${encodeURIComponent('the/exported user')}`;
    const exported = await app.call('GET', `${url}/export`);
    assert.equal(exported.status, 200);
    assert.match(String(exported.headers['content-type']), /^application\/jsonl/);
    assert.equal(exported.text.includes('their'), false);
    const lines = exported.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const types = lines.map((line) => line.type);
    assert.deepEqual(
      types.filter((type, index) => type !== types[index - 1]),
      ['end_user', 'conversation', 'session', 'summary', 'message', 'generation', 'events', 'model_call'],
    );
    assert.equal(lines[0].user_id, 'the/exported user');
    assert.match(lines[0].created_at, /Z$/);
    const texts = lines.filter((line) => line.type === 'message').map((line) => line.parts[0].text);
    assert.deepEqual(texts, ['my question', 'my answer']);
    const tests = await app.call('GET', `${url}/export?environment=test`);
    assert.deepEqual([tests.status, tests.body.code], [404, 'not_found']);
  });

  test('erasing a user ends what runs, takes all of it, and leaves the others', async () => {
    const mine = await userOf(app, 'erased');
    const other = await userOf(app, 'kept');
    upstream.enqueue(answer('my answer'));
    await app.engine.answer((await mine.ask('my question')).generationId);
    upstream.enqueue(answer('their answer'));
    const kept = await other.ask('their question');
    await app.engine.answer(kept.generationId);
    const held = gate();
    upstream.enqueue({ steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['half'] }, held.step] });
    const running = await mine.ask('and more');
    const erased = await app.call('DELETE', `${path}/users/erased`);
    held.release();
    assert.equal(erased.status, 200, erased.text);
    const { deleted } = erased.body;
    assert.equal(deleted.end_users, 1);
    assert.equal(deleted.conversations, 2);
    assert.equal(deleted.messages, 4);
    assert.equal(deleted.generations, 2);
    assert.ok(deleted.model_calls_anonymised >= 1);
    await assert.rejects(app.engine.get(app.harness.scope, running.generationId), { code: 'not_found' });
    await assert.rejects(app.authenticator.authenticate({ accessToken: mine.token }), /its user was erased/);
    assert.equal((await app.call('GET', `${path}/users/erased/export`)).status, 404);
    assert.equal((await app.call('DELETE', `${path}/users/erased`)).status, 404);
    assert.equal((await app.engine.get(app.harness.scope, kept.generationId)).status, 'done');
    const byUser = await app.call('GET', `${path}/usage?group_by=user`);
    const groups = byUser.body.data.map((one: { group: string | null }) => one.group);
    assert.equal(groups.includes(mine.id), false);
    assert.equal(groups.includes(null), true);
  });
});

/** Model calls of one millisecond, so that pages end between equal times. */
async function insertCalls(app: AdminTestApp, organizationId: string, count: number): Promise<void> {
  const now = Date.now() - 1000;
  const modelId = await app.model(organizationId);
  const generation = await app.store.reads
    .selectFrom('generation')
    .select(['id', 'session_id', 'message_id'])
    .limit(1)
    .executeTakeFirstOrThrow();
  const owner = await app.store.execute('registerOwner', { leaseMs: 60_000 });
  // The harness's ended generation does not change; only its model calls are stored.
  await app.store.execute('finishGeneration', {
    owner: owner.owner,
    generationId: generation.id,
    sessionId: generation.session_id,
    messageId: generation.message_id,
    outcome: {
      status: 'done',
      finish_reason: 'stop',
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, provenance: 'unknown' },
      error: null,
    },
    last: { firstSeq: 1, events: [] },
    message: { parts: '[]', text: '' },
    firstTokenAt: null,
    now,
    modelCalls: Array.from({ length: count }, (_, index) => ({
      id: `${String(index).padStart(8, '0')}-0000-7000-8000-${organizationId.slice(-12)}`,
      generationId: null,
      organizationId,
      environment: 'prod' as const,
      endUserId: null,
      apiKeyId: null,
      personaId: null,
      modelId,
      purpose: 'answer' as const,
      promptTokens: 1,
      completionTokens: 2,
      provenance: 'reported' as const,
      cost: null,
      isRequest: true,
      isFailed: false,
      createdAt: now,
    })),
  });
}
