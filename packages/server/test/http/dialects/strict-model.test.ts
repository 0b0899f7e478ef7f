/** A whole server in front of a strict provider: what it refuses is learnt in the first call, and not sent again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { administer } from 'colloquy-testkit/tenants';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { type Strictness, strict } from 'colloquy-testkit/upstream/strict';

const rules: Strictness = {
  alternating: true,
  firstIsUser: true,
  lastIsUser: true,
  noBlankContent: true,
  noSystemRole: true,
  refused: ['max_tokens', 'temperature', 'stream_options'],
  windowTokens: 2000,
};

/** A persona that bounds its answers, on the tenant's model, whose window nobody has set. */
async function prepare(app: TestServer): Promise<void> {
  const base = `/organizations/${app.organizationId}`;
  await administer(app.url, 'PATCH', `${base}/models/${app.modelId}`, { context_window: null });
  const revision = { system_prompt: 'Be helpful.', model_id: app.modelId, temperature: 0.5, max_tokens: 300 };
  await administer(app.url, 'PUT', `${base}/personas/${app.personaId}/next`, revision);
  await administer(app.url, 'POST', `${base}/personas/${app.personaId}/submit`);
  app.upstream.setDefault(strict(rules, answer('Here.')));
}

onBothStores('a strict provider behind a whole server', (storeEngine) => {
  test('a chat that its assistant begins is answered, and what was learnt holds', async () => {
    await using app = await startTestServer(storeEngine);
    await prepare(app);
    const call = async (method: string, path: string, body?: object) => {
      const headers = { authorization: `Bearer ${app.prodKey}`, 'content-type': 'application/json' };
      const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
      const response = await fetch(`${app.url}${path}`, init);
      const text = await response.text();
      assert.ok(response.ok, `${path}: ${response.status} ${text}`);
      return text;
    };
    const { id: chat_id } = JSON.parse(await call('POST', '/chats/create', { name: 'A chat' }));
    const say = async (role: 'Human' | 'Assistant', message: string): Promise<string> =>
      JSON.parse(await call('POST', '/conversations/create', { chat_id, role, message })).id;
    const answerOf = async (id: string) => {
      const before = app.upstream.requests.length;
      const events = await call('GET', `/conversations/inference/${id}`);
      return { events, calls: app.upstream.requests.slice(before) };
    };
    await say('Assistant', 'Welcome! How can I help?');
    await say('Human', 'Hello');
    const first = await answerOf(await say('Human', 'Are you there?'));
    assert.match(first.events, /Here\./);
    for (let n = 0; n < 3; n += 1) {
      const next = await answerOf(await say('Human', `And ${n}?`));
      assert.match(next.events, /Here\./);
      if (n === 2) assert.equal(next.calls.length, 1);
    }
    const sent = app.upstream.requests.at(-1)?.body;
    assert.equal(sent?.max_completion_tokens, 300);
    assert.deepEqual([sent?.temperature, sent?.stream_options], [undefined, undefined]);
    assert.match(String(sent?.messages?.[0]?.content), /^Be helpful\.\n\n.*Welcome!.*Hello/s);
  });
});
