/** Variables of a persona's prompt: refused where they are unknown, and filled in whatever the dialect. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { startTestApp, type TestApp } from '../http-app.ts';

const prompt = '{{user_id}}|{{metadata.plan}}|{{date}}|\\{{x}}';

onBothStores('variables of prompts', (engine) => {
  let app: TestApp;
  let path: string;
  let personaId: number;
  let key: string;
  before(async () => {
    const started = Date.parse('2026-11-27T12:00:00Z');
    app = await startTestApp(engine, {}, { now: () => started });
    personaId = await app.persona('support', { active: false });
    const { organizationId } = app.harness.scope;
    path = `/organizations/${organizationId}/personas`;
    const draft = { system_prompt: prompt, model_id: app.harness.modelId };
    assert.equal((await app.admin('PUT', `${path}/${personaId}/next`, draft)).status, 200);
    assert.equal((await app.admin('POST', `${path}/${personaId}/submit`)).status, 200);
    key = (await app.key('prod', { default_persona_id: personaId })).key;
  });
  after(() => app[Symbol.asyncDispose]());

  /** What the model was sent as its instructions by the call. */
  async function sent(call: string, body: object, credential: { key?: string; token?: string } = { key }) {
    const number = app.harness.upstream.requests.length;
    app.harness.upstream.enqueue(answer('Yes.'));
    const response = await app.call(call, { body, ...credential });
    assert.equal(response.status, 200, JSON.stringify(response.body));
    const request = await app.harness.upstream.request(number);
    return { system: request.body?.messages?.[0]?.content, body: response.body };
  }

  test('each dialect fills in what it knows', async () => {
    const day = '2026-11-27|{{x}}';
    const issued = await app.call('/api/chat/get_token', { body: { user_id: 'ada' }, key });
    const { token } = issued.body;
    const metadata = { plan: 'gold' };
    const chat = await sent('/api/chat/completion', { message: 'Hi', metadata }, { token });
    assert.equal(chat.system, `ada|gold|${day}`);
    const session = chat.body.session_id;
    const next = await sent('/api/chat/continuation', { message: 'More', session }, { token });
    assert.equal(next.system, `ada|gold|${day}`);
    const byKey = await sent('/api/chat/continuation', {
      message: 'More',
      session,
      metadata: { plan: 'new' },
    });
    assert.equal(byKey.system, `ada|new|${day}`);

    const messages = [{ role: 'user', content: 'Hi' }];
    const model = 'persona:support';
    for (const store of [true, false]) {
      const asked = { model, messages, store, metadata, user: 'bob' };
      assert.equal((await sent('/v1/chat/completions', asked)).system, `bob|gold|${day}`);
    }
    const response = await sent('/v1/responses', { model, input: 'Hi', metadata, safety_identifier: 'eve' });
    assert.equal(response.system, `eve|gold|${day}`);
    const behind = {
      model,
      input: 'More',
      previous_response_id: response.body.id,
      instructions: 'Be {{brief}}.',
    };
    assert.equal((await sent('/v1/responses', behind)).system, `eve||${day}\n\nBe {{brief}}.`);
    const generationId = response.body.id.slice(5).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const number = app.harness.upstream.requests.length;
    app.harness.upstream.enqueue(answer('Anew.'));
    const again = `/api/generations/${generationId}/regenerate`;
    assert.equal((await app.call(again, { method: 'POST', key })).status, 201);
    const request = await app.harness.upstream.request(number);
    assert.equal(request.body?.messages?.[0]?.content, `eve|gold|${day}`);

    const ui = await sent('/api/ui/chat', {
      id: 'a-chat',
      messages: [{ id: 'm-1', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
    });
    assert.equal(ui.system, `||${day}`);
  });

  test('what is no variable is refused where it is saved, and the prompt is shown as it was written', async () => {
    const draft = { system_prompt: 'For {{user}}.', model_id: app.harness.modelId };
    const refused = await app.admin('PUT', `${path}/${personaId}/next`, draft);
    assert.equal(refused.status, 400, JSON.stringify(refused.body));
    assert.equal(refused.body.field, 'system_prompt');
    assert.equal(
      refused.body.error,
      'system_prompt: {{user}} is no variable; there are {{date}}, {{user_id}} and {{metadata.x}}, where x is a name of at most 64 characters. Write \\{{ for braces that are to stay.',
    );
    const file = (await app.admin('GET', `${path}/${personaId}/export`)).body;
    assert.equal(file.active.system_prompt, prompt);
    for (const place of ['active', 'next']) {
      const version = { ...file.active, system_prompt: 'For {{metadata.}}.' };
      const body = { ...file, alias: `imported-${place}`, active: null, next: null, [place]: version };
      const imported = await app.admin('POST', `${path}/import`, body);
      assert.equal(imported.status, 400);
      assert.equal(imported.body.field, `${place}.system_prompt`);
      assert.match(imported.body.error, /\{\{metadata\.\}\} is no variable/);
    }
    const [version] = (await app.admin('GET', `${path}/${personaId}/versions`)).body.data;
    assert.equal(version.system_prompt, prompt);
  });
});
