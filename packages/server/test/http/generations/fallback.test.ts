/** A client sees which model has answered, and which one was asked first. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { generationOf, startTestApp } from '../http-app.ts';

onBothStores('an answer of a fallback', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream, scope, modelId } = app.harness;
  const models = `/organizations/${scope.organizationId}/models`;

  test('is told by the generation, its usage and its message', async () => {
    const made = await app.admin('POST', models, {
      name: 'Spare',
      provider: 'openai-compatible',
      model: 'spare',
      base_url: upstream.openAiUrl,
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    await app.harness.place.store.execute('updateModel', {
      id: modelId,
      organizationId: scope.organizationId,
      changes: { fallbacks: [made.body.id] },
      byOperator: true,
      now: Date.now(),
    });
    upstream.script('scripted', refuse(503));
    upstream.script('spare', answer('From the spare', { usage: { promptTokens: 70, completionTokens: 3 } }));
    const reading = await app.stream('/api/chat/completion/stream', {
      key: app.prodKey,
      body: { message: 'Hi' },
    });
    await reading.ended;
    const done = JSON.parse(reading.events.at(-1)?.data ?? '');
    assert.deepEqual([done.type, done.usage.prompt_tokens], ['done', 70]);
    const { body } = await app.call(`/api/generations/${generationOf(reading)}`, { key: app.prodKey });
    assert.equal(body.model.id, made.body.id);
    assert.equal(body.model.name, 'Spare');
    assert.equal(body.requested_model_id, modelId);
    const { body: page } = await app.call(
      `/api/conversation/messages?org_id=${scope.organizationId}&conversation_id=${body.conversation_id}`,
      { key: app.prodKey },
    );
    assert.equal(page.messages.at(-1).model_id, made.body.id);
    const listed = await app.admin('GET', `/organizations/${scope.organizationId}/generations`);
    assert.deepEqual(
      [listed.body.data[0].model.id, listed.body.data[0].requested_model_id],
      [made.body.id, modelId],
    );
    const removed = await app.admin('DELETE', `${models}/${made.body.id}`);
    assert.equal(removed.body.code, 'in_use');
  });
});
