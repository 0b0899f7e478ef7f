/**
 * An end user's token continues its user's conversations of any persona under `/v1`, but its own persona answers there,
 * with its own prompt, for that answer only.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { startTestApp } from '../../../http-app.ts';

onBothStores("an end user's token in another persona's conversation", async (engine) => {
  const app = await startTestApp(engine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream } = app.harness;
  await app.persona('other');
  const tokenFor = async (user_id: string, alias: string): Promise<string> => {
    const body = { user_id, persona: { alias } };
    return (await app.call('/api/chat/get_token', { key: app.prodKey, body })).body.token;
  };
  const [token, otherToken] = [await tokenFor('ada', 'test'), await tokenFor('ada', 'other')];

  async function say(path: string, body: object, credential: string) {
    const call = upstream.requests.length;
    upstream.enqueue(answer('Yes.'));
    const found = await app.call(path, { body, token: credential });
    assert.equal(found.status, 200, JSON.stringify(found.body));
    const messages = (await upstream.request(call)).body?.messages ?? [];
    return { body: found.body, sent: messages.map(({ content }) => content) };
  }

  test('behind an answer, and at the end of a conversation', async () => {
    const begun = await say('/v1/responses', { input: 'Hi' }, otherToken);
    assert.deepEqual(begun.sent, ['I am other.', 'Hi']);
    const { id, conversation } = begun.body;
    for (const where of [{ previous_response_id: id }, { conversation: conversation.id }]) {
      const { sent, body } = await say('/v1/responses', { ...where, input: 'And?' }, token);
      assert.equal(sent[0], 'Be a test.');
      assert.deepEqual(sent.slice(1, 3), ['Hi', 'Yes.']);
      assert.equal(body.model, 'persona:test');
      assert.deepEqual(body.conversation, conversation);
    }
    const named = { previous_response_id: id, input: 'And?', model: 'persona:other' };
    assert.equal((await app.call('/v1/responses', { token, body: named })).status, 403);
  });

  test('the session stays with the persona that it began with', async () => {
    const begun = await say('/api/chat/completion', { message: 'Hi' }, otherToken);
    const session = begun.body.session_id;
    const [listed] = (await app.call('/api/chat/sessions', { token: otherToken })).body.data;
    assert.equal(listed.session_id, session);
    const conversation = listed.conversation_id;
    const between = await say('/v1/responses', { conversation, input: 'And?' }, token);
    assert.equal(between.sent[0], 'Be a test.');
    const next = await say('/api/chat/continuation', { session, message: 'More' }, otherToken);
    assert.deepEqual(next.sent, ['I am other.', 'Hi', 'Yes.', 'And?', 'Yes.', 'More']);
    const body = { session, message: 'More' };
    assert.equal((await app.call('/api/chat/continuation', { token, body })).status, 404);
  });

  test("another user's conversation is not there", async () => {
    const begun = await say('/v1/responses', { input: 'Hi' }, otherToken);
    const ben = await tokenFor('ben', 'other');
    const { id, conversation } = begun.body;
    const previous = { previous_response_id: id, input: 'And?' };
    const found = await app.call('/v1/responses', { token: ben, body: previous });
    assert.deepEqual([found.status, found.body.error.code], [400, 'previous_response_not_found']);
    const body = { conversation: conversation.id, input: 'And?' };
    assert.equal((await app.call('/v1/responses', { token: ben, body })).status, 404);
  });
});
