/** Revoking a key ends what it and its end users have running and queued. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { generationOf, startTestApp, type TestApp } from '../../http-app.ts';

onBothStores('a revoked key', (engine) => {
  let app: TestApp;
  before(async () => {
    app = await startTestApp(engine);
  });
  after(() => app[Symbol.asyncDispose]());

  test('what runs and waits under it ends as cancelled, and nothing of another key', async () => {
    const { scope, persona, upstream } = app.harness;
    const doomed = await app.key('prod', { default_persona_id: persona.personaId });
    const { token } = (await app.call('/api/chat/get_token', { key: doomed.key, body: { user_id: 'ada' } }))
      .body;
    const begin = (credential: { key: string } | { token: string }) => {
      upstream.enqueue({
        steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, { do: 'stall' }],
      });
      return app.stream('/api/chat/completion/stream', { ...credential, body: { message: 'Go on' } });
    };
    const doomedStreams = [await begin({ key: doomed.key }), await begin({ token })];
    const kept = await begin({ key: app.prodKey });
    for (const stream of [...doomedStreams, kept]) await stream.until(({ events }) => events.length >= 2);
    const session = JSON.parse(doomedStreams[1]?.events[0]?.data ?? '').session_id;
    const queued = await app.stream('/api/chat/continuation/stream', {
      token,
      body: { session, message: 'And then?', when_busy: 'queue' },
    });
    await queued.until(({ events }) => events.length >= 2);
    doomedStreams.push(queued);

    const revoked = await app.admin('DELETE', `/organizations/${scope.organizationId}/keys/${doomed.id}`);
    assert.equal(revoked.status, 204);
    for (const stream of doomedStreams) {
      const { body } = await app.call(`/api/generations/${generationOf(stream)}`, { key: app.prodKey });
      assert.equal(body.status, 'cancelled');
      await stream.ended;
    }
    const alive = await app.call(`/api/generations/${generationOf(kept)}`, { key: app.prodKey });
    assert.equal(alive.body.status, 'running');
    await app.call(`/api/generations/${generationOf(kept)}/cancel`, { key: app.prodKey, method: 'POST' });
  });
});
